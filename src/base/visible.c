#include "base/visible.h"

#include <utf8proc.h>

/* The character `text` begins with; U+FFFD for a broken byte. Returns its bytes. */
static size_t first_character(struct text text, utf8proc_int32_t *code)
{
    utf8proc_ssize_t length =
        utf8proc_iterate((const utf8proc_uint8_t *)text.data, (utf8proc_ssize_t)text.size, code);
    if (length > 0)
        return (size_t)length;
    *code = 0xfffd;
    return 1;
}

size_t text_width(struct text text)
{
    size_t width = 0;
    while (text.size) {
        utf8proc_int32_t code;
        size_t length = first_character(text, &code);
        width += (size_t)utf8proc_charwidth(code);
        text = (struct text){text.data + length, text.size - length};
    }
    return width;
}

/* Controls, and what has no shape but changes how others are shown. */
static bool is_hidden(utf8proc_int32_t code)
{
    utf8proc_category_t category = utf8proc_category(code);
    return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF ||
           category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

static void add_visible(struct buffer *out, utf8proc_int32_t code, struct text bytes)
{
    if (code == '\n' || code == '\r' || code == '\t')
        buffer_add_char(out, ' ');
    else if (code < 0x20 || code == 0x7f)
        buffer_printf(out, "^%c", (char)(code ^ 0x40));
    else if (is_hidden(code))
        buffer_printf(out, "<%04x>", (unsigned)code);
    else if (code == 0xfffd)
        buffer_add_string(out, "\xef\xbf\xbd");
    else
        buffer_add_text(out, bytes);
}

char *text_visible(struct text text, size_t width)
{
    struct buffer out = {0};
    size_t taken = 0;
    while (text.size) {
        utf8proc_int32_t code;
        size_t length = first_character(text, &code);
        size_t before = out.size;
        add_visible(&out, code, (struct text){text.data, length});
        text = (struct text){text.data + length, text.size - length};
        size_t room = text.size ? width - 1 : width;
        taken += text_width((struct text){out.data + before, out.size - before});
        if (taken > room) {
            out.size = before;
            buffer_add_string(&out, "…");
            break;
        }
    }
    return buffer_take(&out);
}

void text_add_visible(struct buffer *out, struct text text)
{
    while (text.size) {
        utf8proc_int32_t code;
        size_t length = first_character(text, &code);
        if (code == '\n' || code == '\t')
            buffer_add_char(out, (char)code);
        else
            add_visible(out, code, (struct text){text.data, length});
        text = (struct text){text.data + length, text.size - length};
    }
}

void text_add_masked(struct buffer *out, struct text text)
{
    while (text.size) {
        utf8proc_int32_t code;
        size_t length = first_character(text, &code);
        if (code == '\n' || !is_hidden(code))
            buffer_add(out, code == 0xfffd ? "\xef\xbf\xbd" : text.data,
                       code == 0xfffd ? 3 : length);
        else
            buffer_add_char(out, '?');
        text = (struct text){text.data + length, text.size - length};
    }
}
