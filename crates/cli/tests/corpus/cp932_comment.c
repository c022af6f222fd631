// encoding: 932
// bridged: code page 932
// exit: 3
// 0x5C is the second byte of the last character of two comments.

int main(void)
{
    int status = 1; // 接続を受け付けることが可能
    status += 1;    // エラーを表
    status += 1;
    return status;
}
