// exit: 0
int other(int *number);

int main(void)
{
    char bytes[4] = {0};
    undeclared(bytes);
    return other(bytes);
}

undeclared(char *bytes) { return bytes[0]; }

int other(int *number) { return number == 0; }
