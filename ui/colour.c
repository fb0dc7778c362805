#include "ui/colour.h"

#include <math.h>
#include <stdlib.h>

/* ---- reading ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool parse_hex(struct text digits, struct rgb *colour)
{
    int values[6];
    if (digits.size != 2 && digits.size != 3 && digits.size != 6)
        return false;
    for (size_t i = 0; i < digits.size; i++)
        if ((values[i] = hex_digit(digits.data[i])) < 0)
            return false;
    if (digits.size == 2) {
        uint8_t grey = (uint8_t)(values[0] * 16 + values[1]);
        *colour = (struct rgb){grey, grey, grey};
    } else if (digits.size == 3) {
        *colour = (struct rgb){(uint8_t)(values[0] * 17), (uint8_t)(values[1] * 17),
                               (uint8_t)(values[2] * 17)};
    } else {
        *colour = (struct rgb){(uint8_t)(values[0] * 16 + values[1]),
                               (uint8_t)(values[2] * 16 + values[3]),
                               (uint8_t)(values[4] * 16 + values[5])};
    }
    return true;
}

/* Cuts the first word off `rest`; empty when there is none. */
static struct text next_word(struct text *rest)
{
    *rest = text_trim(*rest);
    size_t size = 0;
    while (size < rest->size && rest->data[size] != ' ' && rest->data[size] != '\t')
        size++;
    struct text word = {rest->data, size};
    *rest = (struct text){rest->data + size, rest->size - size};
    return word;
}

static bool parse_decimals(struct text text, struct rgb *colour)
{
    uint8_t *parts[] = {&colour->red, &colour->green, &colour->blue};
    struct rgb parsed_whole = *colour;
    for (int i = 0; i < 3; i++) {
        int64_t value;
        if (!text_to_int64(next_word(&text), &value) || value < 0 || value > 255) {
            *colour = parsed_whole;
            return false;
        }
        *parts[i] = (uint8_t)value;
    }
    if (text_trim(text).size == 0)
        return true;
    *colour = parsed_whole;
    return false;
}

bool rgb_parse(struct text text, struct rgb *colour)
{
    text = text_trim(text);
    if (text_starts_with(text, "#"))
        return parse_hex((struct text){text.data + 1, text.size - 1}, colour);
    return parse_decimals(text, colour);
}

/* ---- arithmetic ---- */

static uint8_t mix_channel(uint8_t a, uint8_t b, double share)
{
    return (uint8_t)lround((double)a + ((double)b - (double)a) * share);
}

struct rgb rgb_mix(struct rgb a, struct rgb b, double share)
{
    return (struct rgb){mix_channel(a.red, b.red, share), mix_channel(a.green, b.green, share),
                        mix_channel(a.blue, b.blue, share)};
}

static double linear(uint8_t channel)
{
    double value = channel / 255.0;
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static double luminance(struct rgb colour)
{
    return 0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) +
           0.0722 * linear(colour.blue);
}

double rgb_contrast(struct rgb a, struct rgb b)
{
    double one = luminance(a), other = luminance(b);
    return one > other ? (one + 0.05) / (other + 0.05) : (other + 0.05) / (one + 0.05);
}

struct rgb rgb_readable(struct rgb colour, struct rgb ground, struct rgb away, double contrast)
{
    struct rgb moved = colour;
    for (int step = 1; step <= 20 && rgb_contrast(moved, ground) < contrast; step++)
        moved = rgb_mix(colour, away, step / 20.0);
    return moved;
}

/* ---- what a terminal has ---- */

static const uint8_t cube_levels[] = {0, 95, 135, 175, 215, 255};

/* The eye's weights, cheaply: green counts most, red more the redder the two are. */
static long distance(struct rgb a, struct rgb b)
{
    long red_mean = (a.red + b.red) / 2;
    long red = a.red - b.red, green = a.green - b.green, blue = a.blue - b.blue;
    return ((512 + red_mean) * red * red >> 8) + 4 * green * green +
           ((767 - red_mean) * blue * blue >> 8);
}

struct rgb rgb_of_256(int index)
{
    static const struct rgb first[] = {
        {0, 0, 0},       {205, 0, 0},   {0, 205, 0},   {205, 205, 0},
        {0, 0, 238},     {205, 0, 205}, {0, 205, 205}, {229, 229, 229},
        {127, 127, 127}, {255, 0, 0},   {0, 255, 0},   {255, 255, 0},
        {92, 92, 255},   {255, 0, 255}, {0, 255, 255}, {255, 255, 255},
    };
    if (index < 16)
        return first[index];
    if (index >= 232) {
        uint8_t grey = (uint8_t)(8 + 10 * (index - 232));
        return (struct rgb){grey, grey, grey};
    }
    index -= 16;
    return (struct rgb){cube_levels[index / 36], cube_levels[index / 6 % 6],
                        cube_levels[index % 6]};
}

static int nearest(struct rgb colour, int first, int last)
{
    int best = first;
    for (int index = first + 1; index <= last; index++)
        if (distance(colour, rgb_of_256(index)) < distance(colour, rgb_of_256(best)))
            best = index;
    return best;
}

int rgb_to_256(struct rgb colour)
{
    return nearest(colour, 16, 255);
}

/* By hue, as the 16 differ by little else, and no two terminals show them alike. */
int rgb_to_16(struct rgb colour)
{
    int high = colour.red > colour.green ? colour.red : colour.green;
    int low = colour.red < colour.green ? colour.red : colour.green;
    high = colour.blue > high ? colour.blue : high;
    low = colour.blue < low ? colour.blue : low;
    if (high - low < 40 || (high - low) * 4 < high) {
        static const int greys[] = {0, 8, 7, 15};
        int mean = (high + low) / 2;
        return greys[mean < 48 ? 0 : mean < 144 ? 1 : mean < 224 ? 2 : 3];
    }
    /* Below the middle, so that orange is yellow and not red: red is for what is bad. */
    int middle = low + (high - low) * 42 / 100, bits = 0;
    bits |= colour.red > middle ? 1 : 0;
    bits |= colour.green > middle ? 2 : 0;
    bits |= colour.blue > middle ? 4 : 0;
    /* Pure blue is hardly readable on black, anywhere. */
    return bits + (high > 200 || bits == 4 ? 8 : 0);
}
