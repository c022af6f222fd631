/* The debugging aids of the C run-time library. There is no debugging heap, so the names are what
   they are in a release build on Windows; the assertions work in a debug build (_DEBUG). */
#ifndef IOCP_CRTDBG_H
#define IOCP_CRTDBG_H
#pragma GCC system_header

#include "iocpcrt.h"

#define _CRT_WARN 0
#define _CRT_ERROR 1
#define _CRT_ASSERT 2
#define _CRT_ERRCNT 3
#define _CRTDBG_MODE_FILE 0x1
#define _CRTDBG_MODE_DEBUG 0x2
#define _CRTDBG_MODE_WNDW 0x4
#define _CRTDBG_REPORT_MODE (-1)
#define _CRTDBG_INVALID_HFILE ((void *)(intptr_t)-1)
#define _CRTDBG_HFILE_ERROR ((void *)(intptr_t)-2)
#define _CRTDBG_FILE_STDOUT ((void *)(intptr_t)-4)
#define _CRTDBG_FILE_STDERR ((void *)(intptr_t)-5)
#define _CRTDBG_REPORT_FILE ((void *)(intptr_t)-6)
#define _CRTDBG_ALLOC_MEM_DF 0x01
#define _CRTDBG_DELAY_FREE_MEM_DF 0x02
#define _CRTDBG_CHECK_ALWAYS_DF 0x04
#define _CRTDBG_RESERVED_DF 0x08
#define _CRTDBG_CHECK_CRT_DF 0x10
#define _CRTDBG_LEAK_CHECK_DF 0x20
#define _CRTDBG_CHECK_EVERY_16_DF 0x00100000
#define _CRTDBG_CHECK_EVERY_128_DF 0x00800000
#define _CRTDBG_CHECK_EVERY_1024_DF 0x04000000
#define _CRTDBG_CHECK_DEFAULT_DF 0
#define _CRTDBG_REPORT_FLAG (-1)
#define _FREE_BLOCK 0
#define _NORMAL_BLOCK 1
#define _CRT_BLOCK 2
#define _IGNORE_BLOCK 3
#define _CLIENT_BLOCK 4

typedef void *_HFILE;

typedef struct _CrtMemState {
    struct _CrtMemBlockHeader *pBlockHeader;
    size_t lCounts[5];
    size_t lSizes[5];
    size_t lHighWaterCount;
    size_t lTotalCount;
} _CrtMemState;

#define _CrtSetBreakAlloc(number) ((long)0)
#define _CrtSetDbgFlag(flags) ((int)0)
#define _CrtSetDumpClient(function) ((void *)0)
#define _CrtSetReportMode(type, mode) ((int)0)
#define _CrtSetReportFile(type, file) ((_HFILE)0)
#define _CrtSetReportHook(function) ((void *)0)
#define _CrtDbgBreak() __builtin_trap()
#define _CrtCheckMemory() ((int)1)
#define _CrtDumpMemoryLeaks() ((int)0)
#define _CrtMemCheckpoint(state) ((void)0)
#define _CrtMemDifference(difference, old_state, new_state) ((int)0)
#define _CrtMemDumpAllObjectsSince(state) ((void)0)
#define _CrtMemDumpStatistics(state) ((void)0)
#define _CrtIsValidHeapPointer(block) ((int)1)
#define _CrtIsValidPointer(block, size, access) ((int)1)
#define _CrtDoForAllClientObjects(function, context) ((void)0)
#define _malloc_dbg(size, type, file, line) malloc(size)
#define _calloc_dbg(count, size, type, file, line) calloc(count, size)
#define _realloc_dbg(block, size, type, file, line) realloc(block, size)
#define _free_dbg(block, type) free(block)
#define _RPT_BASE(...) ((void)0)
#define _RPT0(type, message) ((void)0)
#define _RPT1(type, message, a) ((void)0)
#define _RPT2(type, message, a, b) ((void)0)
#define _RPT3(type, message, a, b, c) ((void)0)
#define _RPT4(type, message, a, b, c, d) ((void)0)
#define _RPTF0(type, message) ((void)0)
#define _RPTF1(type, message, a) ((void)0)
#define _RPTF2(type, message, a, b) ((void)0)
#define _RPTF3(type, message, a, b, c) ((void)0)
#define _RPTF4(type, message, a, b, c, d) ((void)0)
#define _RPTW0(type, message) ((void)0)
#define _RPTW1(type, message, a) ((void)0)
#define _RPTFW0(type, message) ((void)0)
#define _RPTFW1(type, message, a) ((void)0)

#ifdef _DEBUG
IOCP_CRT_BEGIN
IOCP_CRT void iocp_assertion_failed(const char *expression, const char *file, int line)
{
    fflush(stdout);
    fprintf(stderr, "Assertion failed: %s, file %s, line %d\n", expression, file, line);
    abort();
}
IOCP_CRT_END
#define _ASSERTE(expression) \
    ((void)(!!(expression) || (iocp_assertion_failed(#expression, __FILE__, __LINE__), 0)))
#else
#define _ASSERTE(expression) ((void)0)
#endif
#ifndef _ASSERT
#define _ASSERT(expression) _ASSERTE(expression)
#endif
#define _ASSERT_EXPR(expression, message) _ASSERTE(expression)

#endif
