// bridged: wmain
// exit: 3
#define WIDE 0

#if WIDE
int wmain(int, wchar_t **)
{
    return 1;
}
#else
int main()
{
    return 3;
}
#endif
