// bridged: a backslash and a blank at the end of a comment
// exit: 2

int main(void)
{
    int status = 1; // in C:\temp\ 
    status += 1;
    return status;
}
