/* Prints the table as C that asserts it. This file is compiled with the system's headers alone, so
   that nothing of what is tested takes part in the printing. */
#include <stdio.h>

#include "row.h"

int main(void)
{
    for (const struct row *row = rows; row->type; row++) {
        if (row->field)
            printf("_Static_assert(sizeof(((%s *)0)->%s) == %llu && offsetof(%s, %s) == %llu, "
                   "\"%s.%s\");\n",
                   row->type, row->field, row->size, row->type, row->field, row->place, row->type,
                   row->field);
        else
            printf("_Static_assert(sizeof(%s) == %llu && _Alignof(%s) == %llu, \"%s\");\n",
                   row->type, row->size, row->type, row->place, row->type);
    }
    return 0;
}
