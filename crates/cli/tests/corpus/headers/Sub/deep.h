// Found beside the file that includes the one that includes this, as Microsoft's compiler does.
#include "headers/Sub/Five.h"
