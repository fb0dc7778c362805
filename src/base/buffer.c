#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

void buffer_clear(struct buffer *buffer)
{
    buffer->size = 0;
    if (buffer->data)
        buffer->data[0] = '\0';
}

void buffer_reserve(struct buffer *buffer, size_t more)
{
    size_t needed;
    if (__builtin_add_overflow(buffer->size, more, &needed) ||
        __builtin_add_overflow(needed, 1, &needed))
        die("out of memory (a buffer of %zu bytes cannot grow by %zu)", buffer->size, more);
    if (needed <= buffer->capacity)
        return;
    size_t capacity = buffer->capacity ? buffer->capacity : 64;
    while (capacity < needed)
        capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
    buffer->data = xrealloc(buffer->data, capacity);
    buffer->capacity = capacity;
}

void buffer_add(struct buffer *buffer, const void *data, size_t size)
{
    buffer_reserve(buffer, size);
    if (size)
        memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    buffer->data[buffer->size] = '\0';
}

void buffer_add_text(struct buffer *buffer, struct text text)
{
    buffer_add(buffer, text.data, text.size);
}

void buffer_add_string(struct buffer *buffer, const char *string)
{
    buffer_add(buffer, string, strlen(string));
}

void buffer_add_char(struct buffer *buffer, char c)
{
    buffer_add(buffer, &c, 1);
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        die("cannot format '%s'", format);
    buffer_reserve(buffer, (size_t)length);
    if (vsnprintf(buffer->data + buffer->size, (size_t)length + 1, format, again) != length)
        die("cannot format '%s'", format);
    va_end(again);
    buffer->size += (size_t)length;
}

void buffer_consume(struct buffer *buffer, size_t size)
{
    if (size >= buffer->size) {
        buffer_clear(buffer);
        return;
    }
    memmove(buffer->data, buffer->data + size, buffer->size - size + 1);
    buffer->size -= size;
}

char *buffer_take(struct buffer *buffer)
{
    buffer_reserve(buffer, 0);
    buffer->data[buffer->size] = '\0';
    char *string = buffer->data;
    *buffer = (struct buffer){0};
    return string;
}
