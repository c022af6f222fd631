/* Serial ports, as far as libraries for networks have a class for them. There is none to be opened
   here, so that every handle is one of something else, and refused with ERROR_INVALID_FUNCTION. */
#ifndef IOCP_COMMAPI_H
#define IOCP_COMMAPI_H
#pragma GCC system_header

#include "ioapiset.h"

#define NOPARITY 0
#define ODDPARITY 1
#define EVENPARITY 2
#define MARKPARITY 3
#define SPACEPARITY 4
#define ONESTOPBIT 0
#define ONE5STOPBITS 1
#define TWOSTOPBITS 2
#define DTR_CONTROL_DISABLE 0
#define DTR_CONTROL_ENABLE 1
#define DTR_CONTROL_HANDSHAKE 2
#define RTS_CONTROL_DISABLE 0
#define RTS_CONTROL_ENABLE 1
#define RTS_CONTROL_HANDSHAKE 2
#define RTS_CONTROL_TOGGLE 3

#define CBR_110 110
#define CBR_300 300
#define CBR_600 600
#define CBR_1200 1200
#define CBR_2400 2400
#define CBR_4800 4800
#define CBR_9600 9600
#define CBR_14400 14400
#define CBR_19200 19200
#define CBR_38400 38400
#define CBR_56000 56000
#define CBR_57600 57600
#define CBR_115200 115200
#define CBR_128000 128000
#define CBR_256000 256000

typedef struct _DCB {
    DWORD DCBlength;
    DWORD BaudRate;
    DWORD fBinary : 1;
    DWORD fParity : 1;
    DWORD fOutxCtsFlow : 1;
    DWORD fOutxDsrFlow : 1;
    DWORD fDtrControl : 2;
    DWORD fDsrSensitivity : 1;
    DWORD fTXContinueOnXoff : 1;
    DWORD fOutX : 1;
    DWORD fInX : 1;
    DWORD fErrorChar : 1;
    DWORD fNull : 1;
    DWORD fRtsControl : 2;
    DWORD fAbortOnError : 1;
    DWORD fDummy2 : 17;
    WORD wReserved;
    WORD XonLim;
    WORD XoffLim;
    BYTE ByteSize;
    BYTE Parity;
    BYTE StopBits;
    char XonChar;
    char XoffChar;
    char ErrorChar;
    char EofChar;
    char EvtChar;
    WORD wReserved1;
} DCB, *LPDCB;

typedef struct _COMMTIMEOUTS {
    DWORD ReadIntervalTimeout;
    DWORD ReadTotalTimeoutMultiplier;
    DWORD ReadTotalTimeoutConstant;
    DWORD WriteTotalTimeoutMultiplier;
    DWORD WriteTotalTimeoutConstant;
} COMMTIMEOUTS, *LPCOMMTIMEOUTS;

/* Each asks as on Windows: by a control of the device, which no file, pipe or socket knows. */
IOCP_INLINE BOOL iocp_ask_serial(HANDLE port, DWORD function)
{
    DWORD bytes;
    return DeviceIoControl(port, 0x1b0000 | function << 2, NULL, 0, NULL, 0, &bytes, NULL);
}

IOCP_INLINE BOOL GetCommState(HANDLE port, LPDCB state)
{
    (void)state;
    return iocp_ask_serial(port, 20);
}

IOCP_INLINE BOOL SetCommState(HANDLE port, LPDCB state)
{
    (void)state;
    return iocp_ask_serial(port, 1);
}

IOCP_INLINE BOOL GetCommTimeouts(HANDLE port, LPCOMMTIMEOUTS timeouts)
{
    (void)timeouts;
    return iocp_ask_serial(port, 8);
}

IOCP_INLINE BOOL SetCommTimeouts(HANDLE port, LPCOMMTIMEOUTS timeouts)
{
    (void)timeouts;
    return iocp_ask_serial(port, 7);
}

#endif
