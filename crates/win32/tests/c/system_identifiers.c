// variants: short clang
/* UUIDs and security descriptors. */
#include <windows.h>
#include <rpc.h>
#include <objbase.h>
#include <string.h>
#include <wchar.h>
#include "check.h"

int main(void)
{
    static const char known[] = "00112233-4455-6677-8899-aabbccddeeff";
    UUID one, two;
    RPC_CSTR text = NULL;
    RPC_WSTR wide = NULL;
    RPC_STATUS status;
    WCHAR braced[40];
    SECURITY_DESCRIPTOR descriptor;
    CHECK(UuidCreate(&one) == RPC_S_OK && UuidCreate(&two) == RPC_S_OK);
    CHECK(!UuidEqual(&one, &two, &status) && status == RPC_S_OK);
    CHECK(UuidToStringA(&one, &text) == RPC_S_OK && strlen((char *)text) == 36);
    CHECK(UuidFromStringA(text, &two) == RPC_S_OK && UuidEqual(&one, &two, &status));
    CHECK(RpcStringFreeA(&text) == RPC_S_OK && text == NULL);
    CHECK(UuidFromStringA((RPC_CSTR)(ULONG_PTR)known, &one) == RPC_S_OK);
    CHECK(one.Data1 == 0x00112233 && one.Data2 == 0x4455 && one.Data4[7] == 0xff);
    CHECK(UuidToStringW(&one, &wide) == RPC_S_OK);
    CHECK(wcscmp((WCHAR *)wide, L"00112233-4455-6677-8899-aabbccddeeff") == 0);
    CHECK(RpcStringFreeW(&wide) == RPC_S_OK);
    CHECK(UuidFromStringA((RPC_CSTR)(ULONG_PTR)"no", &one) == RPC_S_INVALID_STRING_UUID);
    CHECK(UuidCreateNil(&two) == RPC_S_OK && UuidIsNil(&two, &status));
    CHECK(CoCreateGuid(&two) == S_OK && !UuidIsNil(&two, &status));
#ifdef __cplusplus
    CHECK(StringFromGUID2(one, braced, 40) == 39);
#else
    CHECK(StringFromGUID2(&one, braced, 40) == 39);
#endif
    CHECK(wcscmp(braced, L"{00112233-4455-6677-8899-AABBCCDDEEFF}") == 0);
    CHECK(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
    CHECK(IsValidSecurityDescriptor(&descriptor));
    CHECK(SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, FALSE));
    CHECK(descriptor.Control & SE_DACL_PRESENT);
    CHECK(!InitializeSecurityDescriptor(&descriptor, 7));
    return 0;
}
