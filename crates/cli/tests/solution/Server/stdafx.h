#pragma once
#include <WinSock2.h>
#include <Windows.h>
#include <stdio.h>
#include <tchar.h>
