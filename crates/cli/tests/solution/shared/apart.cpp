// Far from the precompiled header, and names it as if it were beside.
#include "StdAfx.h"

int apart() { return sizeof(TCHAR) == sizeof(wchar_t); }
