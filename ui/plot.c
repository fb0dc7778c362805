#include "ui/plot.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "ui/plot_axis.h"

/* ---- areas ---- */

static const char *const eighths[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const ascii_steps[] = {" ", ".", ":", "#"};

/* How one cell is cut: dots or steps in height, columns of values in width. */
struct grain {
    int steps, columns;
    const char *const *glyphs; /* by height, 0…steps; NULL = dots of braille */
};

static struct grain grain_of(const struct canvas *canvas)
{
    if (canvas->ascii)
        return (struct grain){.steps = 3, .columns = 1, .glyphs = ascii_steps};
    if (canvas->no_braille)
        return (struct grain){.steps = 8, .columns = 1, .glyphs = eighths};
    return (struct grain){.steps = 4, .columns = 2};
}

/* One value for one column: where several share it the largest, so that no peak is lost. */
static double column_value(const struct plot *plot, int column, int columns)
{
    uint32_t from = (uint32_t)((uint64_t)column * plot->count / (uint32_t)columns);
    uint32_t to = (uint32_t)((uint64_t)(column + 1) * plot->count / (uint32_t)columns);
    double largest = (double)NAN;
    for (uint32_t i = from; i < (to > from ? to : from + 1) && i < plot->count; i++)
        if (isnan(largest) || plot->values[i] > largest)
            largest = plot->values[i];
    return largest;
}

/* Steps from the bottom; at least one for whatever has a value. */
static int height_of(double value, const struct axis *axis, int steps)
{
    if (isnan(value))
        return 0;
    int height = (int)(axis_share(axis, value) * steps + 0.5);
    return height < 1 ? 1 : height;
}

/* The dots of a braille cell whose columns are filled from below to these heights, 0…4. */
static void put_braille(struct canvas *canvas, int row, int col, struct style style, unsigned dots)
{
    unsigned code = 0x2800 + dots;
    char text[4] = {(char)(0xe0 | code >> 12), (char)(0x80 | (code >> 6 & 0x3f)),
                    (char)(0x80 | (code & 0x3f)), 0};
    canvas_put(canvas, row, col, 1, style, text_of(text));
}

static unsigned filled_dots(int left, int right)
{
    static const unsigned lefts[] = {0, 0x40, 0x44, 0x46, 0x47};
    static const unsigned rights[] = {0, 0x80, 0xa0, 0xb0, 0xb8};
    return lefts[left] | rights[right];
}

static int clamp(int value, int most)
{
    return value < 0 ? 0 : value > most ? most : value;
}

static void draw_area_column(struct canvas *canvas, struct rect area, int col, const int heights[2],
                             struct grain grain, enum role role)
{
    for (int row = 0; row < area.rows; row++) {
        int below = (area.rows - 1 - row) * grain.steps;
        int left = clamp(heights[0] - below, grain.steps);
        int right = clamp(heights[1] - below, grain.steps);
        if (left == 0 && right == 0)
            continue;
        int level = area.rows > 1 ? 100 * (area.rows - 1 - row) / (area.rows - 1) : 100;
        struct style style = {.role = (uint8_t)role, .level = (uint8_t)level};
        if (grain.glyphs)
            canvas_put(canvas, area.row + row, area.col + col, 1, style,
                       text_of(grain.glyphs[left]));
        else
            put_braille(canvas, area.row + row, area.col + col, style, filled_dots(left, right));
    }
}

static void draw_area(struct canvas *canvas, struct rect area, const struct plot *plot,
                      const struct axis *axis)
{
    struct grain grain = grain_of(canvas);
    int columns = area.cols * grain.columns, steps = area.rows * grain.steps;
    for (int col = 0; col < area.cols; col++) {
        int heights[2] = {0};
        for (int i = 0; i < grain.columns; i++) {
            double value = column_value(plot, col * grain.columns + i, columns);
            heights[i] = height_of(value, axis, steps);
        }
        draw_area_column(canvas, area, col, heights, grain, plot->role);
    }
}

void plot_draw(struct canvas *canvas, struct rect rect, const struct plot *plot)
{
    if (rect.rows < 2 || rect.cols < 4)
        return;
    struct axis axis;
    double largest = plot->floor;
    for (uint32_t i = 0; i < plot->count; i++)
        if (plot->values[i] > largest)
            largest = plot->values[i];
    axis_make(&axis, plot->floor, plot->ceiling, largest, plot->limit, rect.rows - 1);
    int labels = axis_draw_values(canvas, rect, &axis, NULL);
    struct rect area = {rect.row, rect.col + labels, rect.rows - 1, rect.cols - labels};
    if (area.cols < 1)
        return;
    if (plot->count)
        draw_area(canvas, area, plot, &axis);
    axis_draw_limit(canvas, area, &axis, plot->limit, plot->limit_name, ROLE_WARN);
    axis_draw_time(canvas, rect, area, plot);
}

/* ---- one row ---- */

void plot_sparkline(struct canvas *canvas, int row, int col, int cols, const double *values,
                    uint32_t count, struct style style)
{
    uint32_t first = count > (uint32_t)cols ? count - (uint32_t)cols : 0;
    double largest = 0;
    for (uint32_t i = first; i < count; i++)
        if (values[i] > largest)
            largest = values[i];
    int at = col + cols - (int)(count - first);
    for (uint32_t i = first; i < count; i++, at++) {
        if (isnan(values[i]))
            continue;
        struct axis axis = {.ceiling = largest > 0 ? largest : 1};
        canvas_put(canvas, row, at, 1, style, text_of(eighths[height_of(values[i], &axis, 8)]));
    }
}

void plot_bar(struct canvas *canvas, int row, int col, int cols, double share, struct style style)
{
    static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    if (!(share > 0))
        return;
    int steps = (int)((share < 1 ? share : 1) * cols * 8 + 0.5);
    steps = steps < 1 ? 1 : steps;
    for (int i = 0; i < steps / 8; i++)
        canvas_put(canvas, row, col + i, 1, style, TEXT("█"));
    if (steps % 8)
        canvas_put(canvas, row, col + steps / 8, 1, style, text_of(parts[steps % 8]));
}

/* ---- points and lines ---- */

/* Braille dots, gathered before they are put. */
struct dots {
    struct rect area;
    uint8_t *cells;
};

static void set_dot(struct dots *dots, int x, int y)
{
    static const uint8_t bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    int row = y / 4, col = x / 2;
    if (x >= 0 && y >= 0 && row < dots->area.rows && col < dots->area.cols)
        dots->cells[row * dots->area.cols + col] |= bits[y % 4][x % 2];
}

static void set_line(struct dots *dots, int x0, int y0, int x1, int y1)
{
    int across = abs(x1 - x0), down = abs(y1 - y0), steps = across > down ? across : down;
    for (int i = 0; i <= steps; i++)
        set_dot(dots, steps ? x0 + (x1 - x0) * i / steps : x0,
                steps ? y0 + (y1 - y0) * i / steps : y0);
}

static void set_points(struct dots *dots, const struct points *points, const struct axis *across,
                       const struct axis *up)
{
    int last_x = dots->area.cols * 2 - 1, last_y = dots->area.rows * 4 - 1;
    int before_x = -1, before_y = -1;
    for (uint32_t i = 0; i < points->count; i++) {
        if (isnan(points->x[i]) || isnan(points->y[i]))
            continue;
        int x = (int)(axis_share(across, points->x[i]) * last_x + 0.5);
        int y = last_y - (int)(axis_share(up, points->y[i]) * last_y + 0.5);
        if (points->line && before_x >= 0)
            set_line(dots, before_x, before_y, x, y);
        else
            set_dot(dots, x, y);
        before_x = x;
        before_y = y;
    }
}

static void put_dots(struct canvas *canvas, const struct dots *dots, enum role role)
{
    struct rect area = dots->area;
    for (int i = 0; i < area.rows * area.cols; i++) {
        int row = i / area.cols, col = i % area.cols;
        int level = area.rows > 1 ? 100 * (area.rows - 1 - row) / (area.rows - 1) : 100;
        struct style style = {.role = (uint8_t)role, .level = (uint8_t)level};
        if (!dots->cells[i])
            continue;
        if (canvas->ascii || canvas->no_braille)
            canvas_put(canvas, area.row + row, area.col + col, 1, style, TEXT("*"));
        else
            put_braille(canvas, area.row + row, area.col + col, style, dots->cells[i]);
    }
}

static double largest_of(const double *values, uint32_t count)
{
    double largest = 0;
    for (uint32_t i = 0; i < count; i++)
        if (values[i] > largest)
            largest = values[i];
    return largest;
}

void plot_points(struct canvas *canvas, struct rect rect, const struct points *points)
{
    if (rect.rows < 2 || rect.cols < 4)
        return;
    struct axis up, across;
    axis_make(&up, 0, (double)NAN, largest_of(points->y, points->count), points->level,
              rect.rows - 1);
    int labels = axis_draw_values(canvas, rect, &up, points->y_unit);
    struct dots dots = {.area = {rect.row, rect.col + labels, rect.rows - 1, rect.cols - labels}};
    if (dots.area.cols < 1)
        return;
    double largest = largest_of(points->x, points->count);
    axis_make(&across, 0,
              points->x_labels ? (double)NAN
              : largest > 0    ? largest
                               : 1,
              largest, (double)NAN, 3);
    dots.cells = xcalloc((size_t)dots.area.rows * (size_t)dots.area.cols, 1);
    set_points(&dots, points, &across, &up);
    put_dots(canvas, &dots, points->role);
    free(dots.cells);
    axis_draw_limit(canvas, dots.area, &up, points->level, points->level_name, ROLE_DIM);
    axis_draw_numbers(canvas, rect, dots.area, points->x_labels ? &across : NULL);
}
