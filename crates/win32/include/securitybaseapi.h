/* Security descriptors. They are filled in and carried along; Linux's permissions decide. */
#ifndef IOCP_SECURITYBASEAPI_H
#define IOCP_SECURITYBASEAPI_H
#pragma GCC system_header

#include "minwinbase.h"

IOCP_C_BEGIN

WINADVAPI BOOL WINAPI InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, DWORD revision);
WINADVAPI BOOL WINAPI SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR descriptor, BOOL present,
    PACL list, BOOL defaulted);
WINADVAPI BOOL WINAPI IsValidSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor);

IOCP_C_END

#endif
