// variants: short clang
/* Headers and names that older programs expect without asking for them. */
#include <winsock2.h>
#include <windows.h>
#include <bcrypt.h>
#include <comdef.h>
#include <intsafe.h>
#include <new.h>
#include <signal.h>
#include <string.h>
#include <wchar.h>
#include <wininet.h>

#include "check.h"

interface counter {
    virtual int count() = 0;
};

struct one : counter {
    int count() { return MAXIMUM_REPARSE_DATA_BUFFER_SIZE / (16 * 1024); }
};

static volatile sig_atomic_t caught;

static void note(int number)
{
    caught = number;
}

static void integers()
{
    size_t bytes = 0;
    DWORD few = 0;
    int signed_few = 0;
    CHECK(SizeTMult(4, 5, &bytes) == S_OK && bytes == 20);
    CHECK(SizeTMult((size_t)-1, 2, &bytes) == INTSAFE_E_ARITHMETIC_OVERFLOW);
    CHECK(bytes == (size_t)-1);
    CHECK(ULongLongToULong(0x100000000ULL, reinterpret_cast<ULONG *>(&few)) != S_OK);
    CHECK(few == 0xffffffffU);
    CHECK(DWordAdd(0xfffffff0U, 0xf, &few) == S_OK && few == 0xffffffffU);
    CHECK(ULongToInt(0x80000000U, &signed_few) != S_OK && signed_few == -1);
}

/* There is no serial port, and no algorithm of a provider. */
static void refusals()
{
    HANDLE event = CreateEvent(NULL, TRUE, FALSE, NULL);
    DCB state = {};
    COMMTIMEOUTS timeouts = {};
    BYTE chance[65] = {};
    int bits = 0;
    state.DCBlength = sizeof state;
    CHECK(sizeof state == 28 && sizeof timeouts == 20 && CBR_9600 == 9600);
    CHECK(!GetCommState(event, &state) && !SetCommState(event, &state));
    CHECK(!SetCommTimeouts(event, &timeouts));
    CHECK(!GetCommState(INVALID_HANDLE_VALUE, &state) && GetLastError() == ERROR_INVALID_HANDLE);
    CloseHandle(event);

    CHECK(BCryptGenRandom(NULL, chance, 64, BCRYPT_USE_SYSTEM_PREFERRED_RNG) == 0);
    for (int at = 0; at < 64; at++)
        bits += chance[at] != 0;
    CHECK(bits > 32 && chance[64] == 0);
    CHECK(BCryptGenRandom(NULL, chance, 64, 0) != 0);
}

int main()
{
    byte small = 0xff;
    DWORD code = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS);
    one thing;
    CHECK(static_cast<counter &>(thing).count() == 1);
    CHECK(small == 255 && code == 0x222000);

    _com_error error(HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND));
    const TCHAR *text = error.ErrorMessage();
    CHECK(error.Error() == (HRESULT)0x80070002 && text[0] != 0);
    for (const TCHAR *c = text; *c != 0; c++)
        CHECK(*c != '\n' && *c != '\r');

    integers();
    refusals();

    signal(SIGBREAK, note);
    raise(SIGBREAK);
    CHECK(caught == SIGBREAK);

    WCHAR folder[MAX_PATH];
    GetTempPathW(MAX_PATH, folder);
    wcscat(folder, L"iocp-header-older");
    _wrmdir(folder);
    CHECK(_wmkdir(folder) == 0 && _waccess(folder, 0) == 0 && _wmkdir(folder) == -1);
    CHECK(_wrmdir(folder) == 0 && _waccess(folder, 0) == -1);
    return 0;
}
