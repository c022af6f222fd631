/* A type: its size and alignment; or a field: its size and offset. Ends with an empty row. */
struct row {
    const char *type;
    const char *field;
    unsigned long long size;
    unsigned long long place;
};

extern const struct row rows[];
