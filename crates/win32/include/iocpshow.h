/* Behind the C library's <stdlib.h>: see iocphide.h. */
#pragma GCC system_header
#undef mbtowc
#undef wctomb
#undef mbstowcs
#undef wcstombs
