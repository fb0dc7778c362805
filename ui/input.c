#include "ui/input.h"

#include <ncurses.h>
#include <utf8proc.h>

#define CTRL(letter) ((letter)&0x1f)

void input_set(struct input *input, struct text text)
{
    text = text_head(text, INPUT_BYTES - 1);
    memcpy(input->text, text.data, text.size);
    input->text[text.size] = '\0';
    input->size = input->cursor = text.size;
}

static bool insert(struct input *input, const char *bytes, size_t count)
{
    if (input->size + count >= INPUT_BYTES)
        return false;
    memmove(input->text + input->cursor + count, input->text + input->cursor,
            input->size - input->cursor + 1);
    memcpy(input->text + input->cursor, bytes, count);
    input->size += count;
    input->cursor += count;
    return true;
}

bool input_put(struct input *input, uint32_t character)
{
    utf8proc_uint8_t bytes[4];
    if (character < 0x20 || (character >= 0x7f && character < 0xa0) || character > 0x10ffff)
        return false;
    utf8proc_ssize_t count = utf8proc_encode_char((utf8proc_int32_t)character, bytes);
    return count > 0 && insert(input, (const char *)bytes, (size_t)count);
}

static void take_out(struct input *input, size_t from, size_t to)
{
    memmove(input->text + from, input->text + to, input->size - to + 1);
    input->size -= to - from;
    input->cursor = from;
}

static bool continues(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

static size_t before(const struct input *input, size_t at)
{
    while (at > 0 && continues(input->text[--at]))
        ;
    return at;
}

static size_t behind(const struct input *input, size_t at)
{
    if (at < input->size)
        at++;
    while (at < input->size && continues(input->text[at]))
        at++;
    return at;
}

static size_t word_before(const struct input *input, size_t at)
{
    while (at > 0 && input->text[at - 1] == ' ')
        at--;
    while (at > 0 && input->text[at - 1] != ' ')
        at--;
    return at;
}

bool input_key(struct input *input, int key)
{
    switch (key) {
    case KEY_LEFT:
        input->cursor = before(input, input->cursor);
        return true;
    case KEY_RIGHT:
        input->cursor = behind(input, input->cursor);
        return true;
    case KEY_HOME:
    case CTRL('a'):
        input->cursor = 0;
        return true;
    case KEY_END:
    case CTRL('e'):
        input->cursor = input->size;
        return true;
    case KEY_BACKSPACE:
    case CTRL('h'):
    case 0x7f:
        take_out(input, before(input, input->cursor), input->cursor);
        return true;
    case KEY_DC:
        take_out(input, input->cursor, behind(input, input->cursor));
        return true;
    case CTRL('u'):
        take_out(input, 0, input->cursor);
        return true;
    case CTRL('k'):
        take_out(input, input->cursor, input->size);
        return true;
    case CTRL('w'):
        take_out(input, word_before(input, input->cursor), input->cursor);
        return true;
    default:
        break;
    }
    if (key < 0x20 || key > 0xff)
        return false;
    char byte = (char)key;
    insert(input, &byte, 1);
    return true;
}

void input_draw(const struct input *input, struct canvas *canvas, int row, int col, int cols,
                struct style style, bool focused)
{
    if (cols <= 0)
        return;
    size_t first = 0;
    while (first < input->cursor &&
           text_columns((struct text){input->text + first, input->cursor - first}) >= cols)
        first = behind(input, first);
    int used = canvas_put(canvas, row, col, cols, style,
                          (struct text){input->text + first, input->size - first});
    if (!focused)
        return;
    int at = text_columns((struct text){input->text + first, input->cursor - first});
    struct style cursor = style;
    cursor.flags |= STYLE_REVERSE;
    if (at >= used)
        canvas_put(canvas, row, col + at, 1, cursor, TEXT(" "));
    else
        canvas_restyle(canvas, (struct rect){row, col + at, 1, 1}, cursor);
}
