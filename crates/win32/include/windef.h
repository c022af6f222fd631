/* The basic types and what console programs need of the windows' own. */
#ifndef IOCP_WINDEF_H
#define IOCP_WINDEF_H
#pragma GCC system_header

#include "minwindef.h"
#include "winnt.h"

typedef struct tagPOINT {
    LONG x;
    LONG y;
} POINT, *PPOINT, *NPPOINT, *LPPOINT;

typedef struct tagSIZE {
    LONG cx;
    LONG cy;
} SIZE, *PSIZE, *LPSIZE;

typedef struct tagRECT {
    LONG left;
    LONG top;
    LONG right;
    LONG bottom;
} RECT, *PRECT, *NPRECT, *LPRECT;
typedef const RECT *LPCRECT;

typedef DWORD COLORREF, *LPCOLORREF;

#endif
