/* Bytes that grow. A zeroed struct is an empty buffer. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/text.h"

struct buffer {
    char *data; /* once anything was added, data[size] is NUL */
    size_t size;
    size_t capacity;
};

void buffer_free(struct buffer *buffer);
/* Forgets the content and keeps the memory. */
void buffer_clear(struct buffer *buffer);
void buffer_reserve(struct buffer *buffer, size_t more);
void buffer_add(struct buffer *buffer, const void *data, size_t size);
void buffer_add_text(struct buffer *buffer, struct text text);
void buffer_add_string(struct buffer *buffer, const char *string);
void buffer_add_char(struct buffer *buffer, char c);
void buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3), nonnull(2)));
/* Drops the first `size` bytes. */
void buffer_consume(struct buffer *buffer, size_t size);
/* The content as a string the caller frees; the buffer is empty afterwards. Never NULL. */
char *buffer_take(struct buffer *buffer);

static inline struct text buffer_text(const struct buffer *buffer)
{
    return (struct text){buffer->data ? buffer->data : "", buffer->size};
}

#endif
