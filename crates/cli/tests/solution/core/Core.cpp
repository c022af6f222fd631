#include "CORE.H"

int core() { return 9; }
