#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

struct text text_head(struct text text, size_t most)
{
    if (text.size <= most)
        return text;
    while (most && ((unsigned char)text.data[most] & 0xc0) == 0x80)
        most--;
    return (struct text){text.data, most};
}

bool text_is_nocase(struct text text, const char *string)
{
    return text.size == strlen(string) && strncasecmp(text.data, string, text.size) == 0;
}

bool text_starts_with(struct text text, const char *prefix)
{
    size_t size = strlen(prefix);
    return text.size >= size && memcmp(text.data, prefix, size) == 0;
}

bool text_ends_with(struct text text, const char *suffix)
{
    size_t size = strlen(suffix);
    return text.size >= size && memcmp(text.data + text.size - size, suffix, size) == 0;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct text text_trim(struct text text)
{
    while (text.size && is_space(text.data[0])) {
        text.data++;
        text.size--;
    }
    while (text.size && is_space(text.data[text.size - 1]))
        text.size--;
    return text;
}

bool text_list_has(struct text list, const char *word)
{
    while (list.size) {
        const char *comma = memchr(list.data, ',', list.size);
        size_t size = comma ? (size_t)(comma - list.data) : list.size;
        if (text_is_nocase(text_trim((struct text){list.data, size}), word))
            return true;
        size += comma ? 1 : 0;
        list = (struct text){list.data + size, list.size - size};
    }
    return false;
}

bool text_next_line(struct text *rest, struct text *line)
{
    if (rest->size == 0)
        return false;
    const char *newline = memchr(rest->data, '\n', rest->size);
    size_t size = newline ? (size_t)(newline - rest->data) : rest->size;
    size_t taken = newline ? size + 1 : size;
    *line = (struct text){rest->data, size};
    if (size && line->data[size - 1] == '\r')
        line->size--;
    rest->data += taken;
    rest->size -= taken;
    return true;
}

/* strtod and strtoll need an end they can see; no number of ours is longer than this. */
static bool number_copy(struct text text, char copy[static 64])
{
    if (text.size == 0 || text.size >= 64 || is_space(text.data[0]))
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return memchr(copy, '\0', text.size) == NULL;
}

bool text_to_int64(struct text text, int64_t *value)
{
    char copy[64], *end;
    if (!number_copy(text, copy))
        return false;
    errno = 0;
    long long number = strtoll(copy, &end, 10);
    if (*end != '\0' || errno != 0)
        return false;
    *value = number;
    return true;
}

bool text_to_double(struct text text, double *value)
{
    char copy[64], *end;
    if (!number_copy(text, copy))
        return false;
    /* LC_NUMERIC is never set, so the decimal sign is a point under every locale. */
    double number = strtod(copy, &end);
    if (*end != '\0')
        return false;
    *value = number;
    return true;
}

uint64_t text_hash(uint64_t hash, struct text text)
{
    for (size_t i = 0; i < text.size; i++) {
        hash ^= (unsigned char)text.data[i];
        hash *= 0x100000001b3u;
    }
    return hash;
}

size_t utf8_length(struct text text)
{
    if (text.size == 0)
        return 0;
    const unsigned char *byte = (const unsigned char *)text.data;
    if (byte[0] < 0x80)
        return 1;
    size_t length = byte[0] >= 0xf0 ? 4 : byte[0] >= 0xe0 ? 3 : 2;
    if (byte[0] < 0xc2 || byte[0] > 0xf4 || text.size < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((byte[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (byte[0] == 0xe0 && byte[1] < 0xa0) || (byte[0] == 0xf0 && byte[1] < 0x90);
    bool surrogate = byte[0] == 0xed && byte[1] > 0x9f;
    bool beyond = byte[0] == 0xf4 && byte[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : length;
}
