// encoding: 950
// bridged: code page 950
// exit: 2

int main(void)
{
    int status = 1; // 建立完成埠成功
    status += 1;
    return status;
}
