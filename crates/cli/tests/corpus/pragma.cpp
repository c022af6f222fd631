// bridged: #pragma comment(lib): libmysql is no library of Windows
// exit: 0
#pragma comment(lib, "Ws2_32.lib")
#pragma comment(lib, "libmysql.lib")
#pragma warning(disable : 4996)
#define QUIET __pragma(warning(push))
QUIET
#pragma region nothing

int main() { return 0; }
#pragma endregion
