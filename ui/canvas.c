#include "ui/canvas.h"

#include <stdarg.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "base/memory.h"

/* ---- what a piece of text takes on the screen ---- */

/* One step through a text: either one character, or a stand-in of ASCII of one column a byte. */
struct glyph {
    struct text text;
    int columns;
    bool joins; /* to the character before it */
    char stand_in[12];
};

static bool is_left_out(utf8proc_int32_t code)
{
    return code == 0x200c || code == 0x200d || (code >= 0xfe00 && code <= 0xfe0f) ||
           (code >= 0x1f3fb && code <= 0x1f3ff); /* skin tones */
}

static bool is_hidden(utf8proc_int32_t code)
{
    utf8proc_category_t category = utf8proc_category(code);
    return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF ||
           category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

static void make_visible(struct glyph *glyph, utf8proc_int32_t code)
{
    if (code == '\n' || code == '\r' || code == '\t')
        strcpy(glyph->stand_in, " ");
    else if (code < 0x20 || code == 0x7f)
        snprintf(glyph->stand_in, sizeof glyph->stand_in, "^%c", (char)(code ^ 0x40));
    else
        snprintf(glyph->stand_in, sizeof glyph->stand_in, "<%04x>", (unsigned)code);
    glyph->text = text_of(glyph->stand_in);
    glyph->columns = (int)glyph->text.size;
}

/* Cuts the next glyph off; false at the end. */
static bool next_glyph(struct text *rest, struct glyph *glyph)
{
    while (rest->size) {
        utf8proc_int32_t code;
        utf8proc_ssize_t length = utf8proc_iterate((const utf8proc_uint8_t *)rest->data,
                                                   (utf8proc_ssize_t)rest->size, &code);
        *glyph = (struct glyph){.text = {rest->data, length > 0 ? (size_t)length : 1}};
        rest->data += glyph->text.size;
        rest->size -= glyph->text.size;
        if (length <= 0) {
            glyph->text = TEXT("\xef\xbf\xbd");
            glyph->columns = 1;
            return true;
        }
        if (is_left_out(code))
            continue;
        if (is_hidden(code)) {
            make_visible(glyph, code);
        } else {
            glyph->columns = utf8proc_charwidth(code);
            glyph->joins = glyph->columns == 0;
        }
        return true;
    }
    return false;
}

int text_columns(struct text text)
{
    struct glyph glyph;
    int columns = 0;
    while (next_glyph(&text, &glyph))
        columns += glyph.columns;
    return columns;
}

struct text text_cut(struct text text, int cols)
{
    struct text rest = text;
    struct glyph glyph;
    size_t size = 0;
    int columns = 0;
    while (next_glyph(&rest, &glyph)) {
        columns += glyph.columns;
        if (columns > cols)
            break;
        size = text.size - rest.size;
    }
    return (struct text){text.data, size};
}

struct text text_take_line(struct text *rest, int cols)
{
    struct text line = text_cut(*rest, cols);
    if (line.size < rest->size) {
        size_t blank = line.size;
        while (blank > 0 && rest->data[blank] != ' ')
            blank--;
        line.size = blank ? blank : line.size;
    }
    *rest = text_trim((struct text){rest->data + line.size, rest->size - line.size});
    return line;
}

/* ---- ASCII ---- */

static const struct {
    const char *glyph;
    char ascii;
} stand_ins[] = {
    {"─", '-'}, {"│", '|'}, {"╭", '+'}, {"╮", '+'}, {"╰", '+'}, {"╯", '+'}, {"├", '+'}, {"┤", '+'},
    {"┬", '+'}, {"┴", '+'}, {"┼", '+'}, {"╷", '|'}, {"┈", '-'}, {"┊", ':'}, {"→", '>'}, {"←", '<'},
    {"↑", '^'}, {"↓", 'v'}, {"▸", '>'}, {"✗", 'x'}, {"×", 'x'}, {"·", '.'}, {"…", '~'}, {"≈", '~'},
    {"≤", '<'}, {"≥", '>'}, {"−", '-'}, {"–", '-'}, {"░", ':'}, {"█", '#'}, {"▇", '#'}, {"▆", '*'},
    {"▅", '*'}, {"▄", '+'}, {"▃", '='}, {"▂", '-'}, {"▁", '_'}, {"▉", '#'}, {"▊", '#'}, {"▋", '#'},
    {"▌", '='}, {"▍", '='}, {"▎", '-'}, {"▏", '-'},
};

static char ascii_for(struct text glyph)
{
    for (size_t i = 0; i < ARRAY_SIZE(stand_ins); i++)
        if (text_is(glyph, stand_ins[i].glyph))
            return stand_ins[i].ascii;
    return '?';
}

/* ---- cells ---- */

void canvas_init(struct canvas *canvas, int rows, int cols, bool ascii)
{
    *canvas = (struct canvas){.rows = rows, .cols = cols, .ascii = ascii};
    canvas->cells = xcalloc((size_t)rows * (size_t)cols, sizeof *canvas->cells);
    canvas_clear(canvas);
}

void canvas_free(struct canvas *canvas)
{
    free(canvas->cells);
    *canvas = (struct canvas){0};
}

static struct cell *cell_at(const struct canvas *canvas, int row, int col)
{
    bool inside = row >= 0 && row < canvas->rows && col >= 0 && col < canvas->cols;
    return inside ? &canvas->cells[row * canvas->cols + col] : NULL;
}

static void blank(struct cell *cell, struct style style)
{
    *cell = (struct cell){.width = 1, .style = style};
}

void canvas_clear(struct canvas *canvas)
{
    for (int i = 0; i < canvas->rows * canvas->cols; i++)
        blank(&canvas->cells[i], STYLE(ROLE_TEXT));
}

/* What is about to be overwritten may be half of a wide character: the other half becomes blank. */
static struct cell *cell_to_write(const struct canvas *canvas, int row, int col)
{
    struct cell *cell = cell_at(canvas, row, col);
    if (!cell)
        return NULL;
    if (cell->width == 0 && col > 0)
        blank(cell - 1, cell[-1].style);
    if (cell->width == 2 && col + 1 < canvas->cols)
        blank(cell + 1, cell[1].style);
    return cell;
}

static void write_cell(const struct canvas *canvas, int row, int col, struct style style,
                       struct text text, int width)
{
    struct cell *cell = cell_to_write(canvas, row, col);
    if (!cell)
        return;
    blank(cell, style);
    if (width == 2) {
        struct cell *right = cell_to_write(canvas, row, col + 1);
        if (!right)
            return;
        *right = (struct cell){.style = style};
    }
    cell->width = (uint8_t)width;
    size_t size = text.size < CELL_BYTES ? text.size : 0;
    if (!text_is(text, " "))
        memcpy(cell->text, text.data, size);
}

static void join_cell(const struct canvas *canvas, int row, int col, struct text mark)
{
    struct cell *cell = cell_at(canvas, row, col);
    if (cell && cell->width == 0 && col > 0)
        cell--;
    if (!cell || !cell->text[0] || canvas->ascii)
        return;
    size_t size = strlen(cell->text);
    if (size + mark.size < CELL_BYTES)
        memcpy(cell->text + size, mark.data, mark.size);
}

static void put_glyph(const struct canvas *canvas, int row, int col, struct style style,
                      const struct glyph *glyph)
{
    if (glyph->stand_in[0]) {
        for (size_t i = 0; i < glyph->text.size; i++)
            write_cell(canvas, row, col + (int)i, style, (struct text){glyph->text.data + i, 1}, 1);
    } else if (canvas->ascii && glyph->text.size > 1) {
        char ascii = ascii_for(glyph->text);
        for (int i = 0; i < glyph->columns; i++)
            write_cell(canvas, row, col + i, style, (struct text){&ascii, 1}, 1);
    } else {
        write_cell(canvas, row, col, style, glyph->text, glyph->columns);
    }
}

int canvas_put(struct canvas *canvas, int row, int col, int cols, struct style style,
               struct text text)
{
    struct glyph glyph;
    int used = 0;
    while (next_glyph(&text, &glyph)) {
        if (glyph.joins) {
            if (used)
                join_cell(canvas, row, col + used - 1, glyph.text);
            continue;
        }
        if (used + glyph.columns > cols)
            break;
        put_glyph(canvas, row, col + used, style, &glyph);
        used += glyph.columns;
    }
    return used;
}

int canvas_printf(struct canvas *canvas, int row, int col, int cols, struct style style,
                  const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (length < 0)
        return 0;
    return canvas_put(canvas, row, col, cols, style,
                      text_head((struct text){line, strlen(line)}, sizeof line - 4));
}

int canvas_put_cut(struct canvas *canvas, int row, int col, int cols, struct style style,
                   struct text text)
{
    if (text_cut(text, cols).size == text.size)
        return canvas_put(canvas, row, col, cols, style, text);
    int used = canvas_put(canvas, row, col, cols - 1, style, text);
    return used + canvas_put(canvas, row, col + used, cols - used, style, TEXT("…"));
}

void canvas_put_right(struct canvas *canvas, int row, int col, int cols, struct style style,
                      struct text text)
{
    struct text shown = text_cut(text, cols);
    int columns = text_columns(shown);
    canvas_put(canvas, row, col + cols - columns, columns, style, shown);
}

void canvas_fill(struct canvas *canvas, struct rect rect, struct style style)
{
    for (int row = rect.row; row < rect.row + rect.rows; row++)
        for (int col = rect.col; col < rect.col + rect.cols; col++)
            write_cell(canvas, row, col, style, TEXT(""), 1);
}

void canvas_restyle(struct canvas *canvas, struct rect rect, struct style style)
{
    for (int row = rect.row; row < rect.row + rect.rows; row++)
        for (int col = rect.col; col < rect.col + rect.cols; col++) {
            struct cell *cell = cell_at(canvas, row, col);
            if (cell)
                cell->style = style;
        }
}

/* ---- lines ---- */

static void put_line(struct canvas *canvas, int row, int col, int cols)
{
    for (int i = 0; i < cols; i++)
        canvas_put(canvas, row, col + i, 1, STYLE(ROLE_BOX), TEXT("─"));
}

/* Titles in a line of `cols` columns, each with a blank on both sides. */
static void put_titles(struct canvas *canvas, int row, int col, int cols, const char *left,
                       const char *right)
{
    struct text title = text_cut(text_of(left), cols - 2);
    struct text note = text_of(right);
    int title_cols = title.size ? text_columns(title) + 2 : 0;
    int note_cols = note.size ? text_columns(note) + 2 : 0;
    if (title_cols) {
        canvas_fill(canvas, (struct rect){row, col, 1, title_cols}, STYLE(ROLE_TITLE));
        canvas_put(canvas, row, col + 1, title_cols - 2, STYLE(ROLE_TITLE), title);
    }
    if (note_cols && title_cols + note_cols < cols) {
        int at = col + cols - note_cols;
        canvas_fill(canvas, (struct rect){row, at, 1, note_cols}, STYLE(ROLE_TEXT));
        canvas_put(canvas, row, at + 1, note_cols - 2, STYLE(ROLE_TEXT), note);
    }
}

struct rect canvas_box(struct canvas *canvas, struct rect rect, const char *left, const char *right)
{
    static const char *const corners[2][2] = {{"╭", "╮"}, {"╰", "╯"}};
    if (rect.rows < 2 || rect.cols < 4)
        return (struct rect){rect.row, rect.col, 0, 0};
    for (int bottom = 0; bottom < 2; bottom++) {
        int row = rect.row + bottom * (rect.rows - 1);
        put_line(canvas, row, rect.col + 1, rect.cols - 2);
        for (int end = 0; end < 2; end++)
            canvas_put(canvas, row, rect.col + end * (rect.cols - 1), 1, STYLE(ROLE_BOX),
                       text_of(corners[bottom][end]));
    }
    for (int row = rect.row + 1; row < rect.row + rect.rows - 1; row++)
        for (int end = 0; end < 2; end++)
            canvas_put(canvas, row, rect.col + end * (rect.cols - 1), 1, STYLE(ROLE_BOX),
                       TEXT("│"));
    put_titles(canvas, rect.row, rect.col + 1, rect.cols - 2, left, right);
    return (struct rect){rect.row + 1, rect.col + 2, rect.rows - 2, rect.cols - 4};
}

void canvas_rule(struct canvas *canvas, int row, int col, int cols, const char *left,
                 const char *right)
{
    put_line(canvas, row, col, cols);
    put_titles(canvas, row, col + 2, cols - 3, left, right);
}

/* ---- as text ---- */

void canvas_dump(const struct canvas *canvas, FILE *out)
{
    for (int row = 0; row < canvas->rows; row++) {
        const struct cell *cells = &canvas->cells[(size_t)row * (size_t)canvas->cols];
        int last = canvas->cols;
        while (last > 0 && !cells[last - 1].text[0] && cells[last - 1].width)
            last--;
        for (int col = 0; col < last; col++)
            if (cells[col].width)
                fputs(cells[col].text[0] ? cells[col].text : " ", out);
        fputc('\n', out);
    }
}
