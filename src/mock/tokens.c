#include "mock/tokens.h"

/* Bytes of the letter that `text` begins with, 0 when it begins with something else. */
static size_t letter_bytes(struct text text)
{
    if (text.size == 0)
        return 0;
    char c = text.data[0];
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')
        return 1;
    return utf8_length(text) == 2 ? 2 : 0;
}

static size_t word_bytes(struct text text)
{
    size_t size = text.size && text.data[0] == ' ' ? 1 : 0;
    for (;;) {
        size_t letter = letter_bytes((struct text){text.data + size, text.size - size});
        if (letter == 0 || size + letter > TOKEN_MAX_BYTES)
            return size;
        size += letter;
    }
}

struct text token_cut(struct text *rest)
{
    size_t size = word_bytes(*rest);
    if (size == 0)
        size = utf8_length(*rest);
    if (size == 0 && rest->size)
        size = 1; /* broken UTF-8 */
    struct text token = {rest->data, size};
    *rest = (struct text){rest->data + size, rest->size - size};
    return token;
}

uint64_t token_id(struct text token)
{
    uint64_t id = 0;
    for (size_t i = 0; i < token.size; i++)
        id = id * 256 + (unsigned char)token.data[i] + 1;
    return id;
}

size_t token_bytes(uint64_t id, char bytes[static TOKEN_MAX_BYTES])
{
    char reversed[TOKEN_MAX_BYTES];
    size_t size = 0;
    for (; id > 0; id = (id - 1) / 256) {
        if (size == TOKEN_MAX_BYTES)
            return 0;
        reversed[size++] = (char)((id - 1) % 256);
    }
    for (size_t i = 0; i < size; i++)
        bytes[i] = reversed[size - 1 - i];
    return size;
}

size_t token_count(struct text text)
{
    size_t count = 0;
    while (token_cut(&text).size)
        count++;
    return count;
}
