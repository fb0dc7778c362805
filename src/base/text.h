/* A piece of text that somebody else owns: data and size travel together, nothing ends in NUL. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
    const char *data;
    size_t size;
};

#define TEXT(literal) ((struct text){.data = (literal), .size = sizeof(literal) - 1})

static inline struct text text_of(const char *string)
{
    return (struct text){.data = string ? string : "", .size = string ? strlen(string) : 0};
}

static inline bool text_equal(struct text a, struct text b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool text_is(struct text text, const char *string)
{
    return text_equal(text, text_of(string));
}

/* The first characters, at most `most` bytes; none is cut in two. */
struct text text_head(struct text text, size_t most);
/* Without regard to the case of ASCII letters. */
bool text_is_nocase(struct text text, const char *string);
/* Whether a comma-separated list has that word, in any case of letters. */
bool text_list_has(struct text list, const char *word);
bool text_starts_with(struct text text, const char *prefix);
bool text_ends_with(struct text text, const char *suffix);
/* Without white space at both ends. */
struct text text_trim(struct text text);
/* Cuts the first line off `rest` (without its \n or \r\n). False when nothing is left. */
bool text_next_line(struct text *rest, struct text *line);

/* The whole text as a number, no white space, no locale. False when it is anything else. */
bool text_to_int64(struct text text, int64_t *value);
bool text_to_double(struct text text, double *value);

/* FNV-1a, 64 bits. Start with TEXT_HASH_SEED to hash several pieces as one. */
#define TEXT_HASH_SEED 0xcbf29ce484222325u
uint64_t text_hash(uint64_t hash, struct text text);

/* Bytes of the UTF-8 character that `text` begins with, 0 when it is broken or empty. */
size_t utf8_length(struct text text);

#endif
