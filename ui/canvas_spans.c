#include "ui/canvas_spans.h"

#include "base/memory.h"
#include "ui/theme.h"

/* What a cell has, as a few letters; "" = nothing worth a word. */
struct label {
    char letters[8];
};

static struct label role_of(const struct theme *theme, const struct cell *cell)
{
    static const char letters[ROLE_COUNT] = {
        [ROLE_TEXT] = '\0', [ROLE_DIM] = 'd',      [ROLE_TITLE] = 't', [ROLE_BOX] = '-',
        [ROLE_KEY] = 'k',   [ROLE_SELECTED] = 's', [ROLE_GOOD] = 'g',  [ROLE_WARN] = 'w',
        [ROLE_BAD] = 'b',   [ROLE_COLD] = 'C',     [ROLE_WARM] = 'W',  [ROLE_TTFT] = 'T',
        [ROLE_ITL] = 'I',   [ROLE_LOAD] = 'L',     [ROLE_SERVER] = 'S'};
    (void)theme;
    return (struct label){{letters[cell->style.role]}};
}

static struct label marks_of(const struct theme *theme, const struct cell *cell)
{
    static const struct {
        uint8_t flag;
        char letter;
    } marks[] = {{STYLE_BOLD, 'B'}, {LOOK_DIM, 'D'}, {STYLE_REVERSE, 'R'}, {STYLE_UNDERLINE, 'U'}};
    uint8_t flags = theme_look(theme, cell->style, THEME_ATTRIBUTES).flags;
    struct label label = {""};
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
        if (flags & marks[i].flag)
            label.letters[count++] = marks[i].letter;
    return label;
}

static void dump_spans(const struct canvas *canvas, FILE *out,
                       struct label (*label_of)(const struct theme *, const struct cell *))
{
    struct theme theme;
    theme_find(&theme, NULL, NULL);
    for (int row = 0; row < canvas->rows; row++) {
        const struct cell *cells = &canvas->cells[(size_t)row * (size_t)canvas->cols];
        bool any = false;
        for (int col = 0, end; col < canvas->cols; col = end) {
            struct label label = label_of(&theme, &cells[col]);
            for (end = col + 1; end < canvas->cols; end++)
                if (strcmp(label_of(&theme, &cells[end]).letters, label.letters) != 0)
                    break;
            if (!label.letters[0])
                continue;
            if (!any)
                fprintf(out, "%-3d", row + 1);
            any = true;
            fprintf(out, end - col > 1 ? " %s%d-%d" : " %s%d", label.letters, col + 1, end);
        }
        if (any)
            fputc('\n', out);
    }
}

void canvas_dump_roles(const struct canvas *canvas, FILE *out)
{
    dump_spans(canvas, out, role_of);
}

void canvas_dump_marks(const struct canvas *canvas, FILE *out)
{
    dump_spans(canvas, out, marks_of);
}
