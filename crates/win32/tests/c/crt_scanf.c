// variants: short clang
/* scanf_s, whose buffers come with a size, and scanf in Microsoft's dialect. */
#include <windows.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "check.h"

static char text[16], other[16];
static wchar_t wide[16];

static void sizes(void)
{
    int number;
    float real;
    char a, b;
    CHECK(sscanf_s("12 abc 3.5", "%d %s %f", &number, text, (unsigned)sizeof text, &real) == 3);
    CHECK(number == 12 && strcmp(text, "abc") == 0 && real == 3.5f);
    CHECK(sscanf_s("abc", "%s", text, 4u) == 1 && strcmp(text, "abc") == 0);
    CHECK(sscanf_s("abcd", "%s", text, 4u) == 0 && text[0] == 0);
    CHECK(sscanf_s("xy", "%c%c", &a, 1u, &b, 1u) == 2 && a == 'x' && b == 'y');
    CHECK(sscanf_s("ab,cd", "%[^,],%s", text, 16u, other, 16u) == 2);
    CHECK(strcmp(text, "ab") == 0 && strcmp(other, "cd") == 0);
    CHECK(sscanf_s("abcdef", "%3s%s", text, 16u, other, 16u) == 2);
    CHECK(strcmp(text, "abc") == 0 && strcmp(other, "def") == 0);
    CHECK(swscanf_s(L"abc 12", L"%s %d", wide, 16u, &number) == 2);
    CHECK(wcscmp(wide, L"abc") == 0 && number == 12);
    CHECK(swscanf_s(L"narrow", L"%hs", text, 16u) == 1 && strcmp(text, "narrow") == 0);
}

static void numbers(void)
{
    int a, b, c;
    unsigned bits;
    long long large;
    double real;
    CHECK(sscanf("77 -8", "%I64d %d", &large, &a) == 2 && large == 77 && a == -8);
    CHECK(sscanf_s("0x1f 017 19", "%i %i %I64d", &a, &b, &large) == 3);
    CHECK(a == 31 && b == 15 && large == 19);
    CHECK(sscanf_s("ff", "%x", &bits) == 1 && bits == 255);
    CHECK(sscanf_s("1.5e3", "%lf", &real) == 1 && real == 1500);
    CHECK(sscanf_s("10.20.30", "%d.%d.%d", &a, &b, &c) == 3 && a == 10 && b == 20 && c == 30);
    CHECK(sscanf_s("12345", "%3d%d%n", &a, &b, &c) == 2 && a == 123 && b == 45 && c == 5);
    CHECK(sscanf_s("1 2", "%*d %d", &a) == 1 && a == 2);
    CHECK(sscanf_s("", "%d", &a) == EOF && sscanf_s("x", "%d", &a) == 0);
    CHECK(swscanf(L"5,6", L"%d,%d", &a, &b) == 2 && a == 5 && b == 6);
}

/* Reading from a stream leaves what does not belong to the field. */
static void streams(void)
{
    FILE *file;
    int a, b;
    CHECK(fopen_s(&file, "crt_scanf.txt", "w+") == 0);
    fputs("12ab 34cd\n", file);
    rewind(file);
    CHECK(fscanf_s(file, "%d", &a) == 1 && fgetc(file) == 'a');
    CHECK(fscanf_s(file, "%s%d%I64d", text, 16u, &b, &b) == 2 && b == 34);
    CHECK(strcmp(text, "b") == 0 && fgetc(file) == 'c');
    fclose(file);
    CHECK(remove("crt_scanf.txt") == 0);
}

int main(void)
{
    sizes();
    numbers();
    streams();
    return 0;
}
