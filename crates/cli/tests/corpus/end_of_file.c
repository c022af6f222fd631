// bridged: Ctrl-Z at the end
int main(void)
{
    return 0;
}
