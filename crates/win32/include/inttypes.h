/* The C library's header. printf reads %ld as 32 bits here, so the formats of 64-bit integers, which
   the C library spells that way, say %jd instead: intmax_t is the same type. */
#pragma GCC system_header
#include_next <inttypes.h>
#ifndef IOCP_INTTYPES_H
#define IOCP_INTTYPES_H
#undef PRId64
#define PRId64 "jd"
#undef PRIdLEAST64
#define PRIdLEAST64 "jd"
#undef PRIdFAST16
#define PRIdFAST16 "jd"
#undef PRIdFAST32
#define PRIdFAST32 "jd"
#undef PRIdFAST64
#define PRIdFAST64 "jd"
#undef PRIdPTR
#define PRIdPTR "jd"
#undef PRIi64
#define PRIi64 "ji"
#undef PRIiLEAST64
#define PRIiLEAST64 "ji"
#undef PRIiFAST16
#define PRIiFAST16 "ji"
#undef PRIiFAST32
#define PRIiFAST32 "ji"
#undef PRIiFAST64
#define PRIiFAST64 "ji"
#undef PRIiPTR
#define PRIiPTR "ji"
#undef PRIo64
#define PRIo64 "jo"
#undef PRIoLEAST64
#define PRIoLEAST64 "jo"
#undef PRIoFAST16
#define PRIoFAST16 "jo"
#undef PRIoFAST32
#define PRIoFAST32 "jo"
#undef PRIoFAST64
#define PRIoFAST64 "jo"
#undef PRIoPTR
#define PRIoPTR "jo"
#undef PRIx64
#define PRIx64 "jx"
#undef PRIxLEAST64
#define PRIxLEAST64 "jx"
#undef PRIxFAST16
#define PRIxFAST16 "jx"
#undef PRIxFAST32
#define PRIxFAST32 "jx"
#undef PRIxFAST64
#define PRIxFAST64 "jx"
#undef PRIxPTR
#define PRIxPTR "jx"
#undef PRIu64
#define PRIu64 "ju"
#undef PRIuLEAST64
#define PRIuLEAST64 "ju"
#undef PRIuFAST16
#define PRIuFAST16 "ju"
#undef PRIuFAST32
#define PRIuFAST32 "ju"
#undef PRIuFAST64
#define PRIuFAST64 "ju"
#undef PRIuPTR
#define PRIuPTR "ju"
#undef PRIX64
#define PRIX64 "jX"
#undef PRIXLEAST64
#define PRIXLEAST64 "jX"
#undef PRIXFAST16
#define PRIXFAST16 "jX"
#undef PRIXFAST32
#define PRIXFAST32 "jX"
#undef PRIXFAST64
#define PRIXFAST64 "jX"
#undef PRIXPTR
#define PRIXPTR "jX"
#endif
