#include "ui/plot_axis.h"

#include <math.h>

#include "base/clock.h"
#include "base/memory.h"

/* A limit that would leave less than this share of the height to the values is not made room for.
 */
#define LIMIT_FLATTENS 3.0

double plot_ceiling(double value)
{
    static const double steps[] = {1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10};
    if (!(value > 0) || isinf(value))
        return 1;
    double power = pow(10, floor(log10(value)));
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
        if (steps[i] * power >= value * (1 - 1e-9))
            return steps[i] * power;
    return 10 * power;
}

/* True when each of the parts of `range` is a short number. */
static bool parts_are_round(double range, int parts)
{
    double part = range / parts;
    double power = pow(10, floor(log10(part)) - 1);
    return fabs(part / power - round(part / power)) < 1e-6;
}

void axis_make(struct axis *axis, double floor, double ceiling, double largest, double limit,
               int rows)
{
    if (isnan(ceiling)) {
        if (limit > largest && limit < LIMIT_FLATTENS * largest)
            largest = limit;
        ceiling = floor + plot_ceiling(largest - floor);
    }
    *axis = (struct axis){floor, ceiling > floor ? ceiling : floor + 1, 1};
    /* A label in every second row at most, in equal distances where the rows allow it. */
    static const int most[] = {8, 6, 5, 4, 3, 2};
    for (size_t i = 0; i < ARRAY_SIZE(most); i++) {
        bool fits = rows > 1 && (rows - 1) % most[i] == 0 && (rows - 1) / most[i] >= 2;
        if (fits && parts_are_round(axis->ceiling - floor, most[i])) {
            axis->parts = most[i];
            return;
        }
    }
}

double axis_share(const struct axis *axis, double value)
{
    double share = (value - axis->floor) / (axis->ceiling - axis->floor);
    return share > 0 ? fmin(share, 1) : 0;
}

static void format_number(char *out, size_t size, double value, double part)
{
    int decimals = part >= 1 && fabs(part - round(part)) < 1e-9 ? 0 : part >= 0.1 ? 1 : 2;
    if (decimals == 1 && fabs(part * 10 - round(part * 10)) > 1e-6)
        decimals = 2;
    if (value == 0)
        decimals = 0;
    if (value >= 1e6)
        snprintf(out, size, "%gM", value / 1e6);
    else if (value >= 10000)
        snprintf(out, size, "%gk", value / 1e3);
    else
        snprintf(out, size, "%.*f", decimals, value);
}

static void label_of(char *out, size_t size, const struct axis *axis, int part, const char *unit)
{
    char number[24];
    double step = (axis->ceiling - axis->floor) / axis->parts;
    format_number(number, sizeof number, axis->floor + step * part, step);
    snprintf(out, size, "%s%s", number, unit ? unit : "");
}

int axis_draw_values(struct canvas *canvas, struct rect rect, const struct axis *axis,
                     const char *unit)
{
    char label[32];
    int width = 3, last_row = rect.rows - 2;
    for (int part = 0; part <= axis->parts; part++) {
        label_of(label, sizeof label, axis, part, unit);
        int columns = text_columns(text_of(label));
        width = columns > width ? columns : width;
    }
    if (axis->parts < 1 || width + 2 > rect.cols)
        return 0;
    for (int part = 0; part <= axis->parts; part++) {
        int row = last_row - last_row * part / axis->parts;
        if (part && row == last_row)
            break;
        label_of(label, sizeof label, axis, part, unit);
        canvas_put_right(canvas, rect.row + row, rect.col, width, STYLE(ROLE_DIM), text_of(label));
    }
    return width + 1;
}

static bool is_blank(const struct canvas *canvas, int row, int col)
{
    const struct cell *cell = &canvas->cells[row * canvas->cols + col];
    return !cell->text[0] && cell->width == 1;
}

void axis_draw_limit(struct canvas *canvas, struct rect area, const struct axis *axis, double limit,
                     const char *name, enum role role)
{
    if (isnan(limit) || limit <= axis->floor)
        return;
    bool above = limit > axis->ceiling;
    int row = (int)((1 - axis_share(axis, limit)) * (area.rows - 1) + 0.5);
    char label[48];
    snprintf(label, sizeof label, "%s%s", name ? name : "", above ? " ↑" : "");
    int columns = text_columns(text_of(label));
    int line = name && columns + 2 < area.cols ? area.cols - columns - 1 : area.cols;
    for (int col = 0; !above && col < line; col++) {
        int at = area.col + col;
        bool inside =
            area.row + row >= 0 && area.row + row < canvas->rows && at >= 0 && at < canvas->cols;
        if (inside && is_blank(canvas, area.row + row, at))
            canvas_put(canvas, area.row + row, at, 1, STYLE(role), TEXT("┈"));
    }
    if (line < area.cols) {
        canvas_fill(canvas, (struct rect){area.row + row, area.col + line, 1, columns + 1},
                    STYLE(role));
        canvas_put(canvas, area.row + row, area.col + line + 1, columns, STYLE(role),
                   text_of(label));
    }
}

/* ---- below ---- */

static int draw_line(struct canvas *canvas, struct rect rect)
{
    int row = rect.row + rect.rows - 1;
    for (int col = 0; col < rect.cols; col++)
        canvas_put(canvas, row, rect.col + col, 1, STYLE(ROLE_BOX), TEXT("─"));
    return row;
}

/* What already stands in the row: a new text keeps a column of the line free on both sides. */
struct taken {
    int from[34], to[34];
    int count;
};

static bool take(struct taken *taken, int from, int to)
{
    for (int i = 0; i < taken->count; i++)
        if (from <= taken->to[i] && to >= taken->from[i])
            return false;
    if (taken->count == (int)ARRAY_SIZE(taken->from))
        return false;
    taken->from[taken->count] = from;
    taken->to[taken->count++] = to;
    return true;
}

static void put_time(struct canvas *canvas, int row, struct rect area, struct taken *taken, int col,
                     const char *text)
{
    int columns = text_columns(text_of(text)) + 2;
    if (col < 0 || col + columns > area.cols || !take(taken, col, col + columns))
        return;
    canvas_fill(canvas, (struct rect){row, area.col + col, 1, columns}, STYLE(ROLE_DIM));
    canvas_put(canvas, row, area.col + col + 1, columns - 2, STYLE(ROLE_DIM), text_of(text));
}

static void put_marks(struct canvas *canvas, int row, struct rect area, struct taken *taken,
                      const struct plot *plot)
{
    /* The latest first: where they are close together it is the one that counts. */
    for (uint32_t i = plot->mark_count; i-- > 0;) {
        const struct plot_mark *mark = &plot->marks[i];
        if (mark->at >= plot->count)
            continue;
        int col = (int)((uint64_t)mark->at * (uint32_t)area.cols / plot->count);
        int columns = 1 + text_columns(text_of(mark->label));
        if (col + columns > area.cols)
            col = area.cols - columns;
        if (col < 0 || !take(taken, col, col + columns))
            continue;
        canvas_put(canvas, row, area.col + col, 1, STYLE(ROLE_BOX), TEXT("┴"));
        canvas_put(canvas, row, area.col + col + 1, columns - 1, STYLE(ROLE_TEXT),
                   text_of(mark->label));
    }
}

static void clock_text(char out[static 16], const struct plot *plot, double second)
{
    char date[40];
    clock_format_local(plot->wall_ns + (uint64_t)(int64_t)(second * 1e9), date, sizeof date);
    snprintf(out, 16, "%.8s", strlen(date) >= 19 ? date + 11 : date);
}

void axis_draw_time(struct canvas *canvas, struct rect rect, struct rect area,
                    const struct plot *plot)
{
    int row = draw_line(canvas, rect);
    if (plot->count == 0)
        return;
    struct taken taken = {0};
    double step_s = plot->step_s > 0 ? plot->step_s : 1;
    put_marks(canvas, row, area, &taken, plot);
    char text[16] = "now";
    if (!plot->live && plot->wall_ns)
        clock_text(text, plot, (double)plot->first_second + step_s * (plot->count - 1));
    int columns = text_columns(text_of(text)) + 2;
    put_time(canvas, row, area, &taken, area.cols - columns - 2, text);
    if (plot->wall_ns == 0)
        return;
    clock_text(text, plot, (double)plot->first_second);
    put_time(canvas, row, area, &taken, 0, text);
}

void axis_draw_numbers(struct canvas *canvas, struct rect rect, struct rect area,
                       const struct axis *axis)
{
    int row = draw_line(canvas, rect);
    struct taken taken = {0};
    for (int part = 0; axis && part <= axis->parts; part++) {
        char label[32];
        label_of(label, sizeof label, axis, part, NULL);
        int columns = text_columns(text_of(label)) + 2;
        int col = (area.cols - columns) * part / axis->parts;
        put_time(canvas, row, area, &taken, col, label);
    }
}
