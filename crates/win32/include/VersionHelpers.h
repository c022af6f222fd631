#pragma GCC system_header
#include <versionhelpers.h>
