// bridged: wmain
// exit: 4
int wmain(void) noexcept
{
    return 4;
}
