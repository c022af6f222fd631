// encoding: 936
// bridged: code page 936
// exit: 2

int main()
{
    int status = 1; // 创建完成端口，等待客户端连接，失败时返回错误：昞
    status += 1;
    return status;
}
