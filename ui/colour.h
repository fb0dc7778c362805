/* Colours: read as btop's theme files write them, mixed, and taken to what a terminal has. */
#ifndef UI_COLOUR_H
#define UI_COLOUR_H

#include "base/text.h"

struct rgb {
    uint8_t red, green, blue;
};

/* "#rrggbb", "#rgb", "#gg" (a grey) or "r g b" in decimals. False when it is none of these. */
bool rgb_parse(struct text text, struct rgb *colour);
/* share 0 is `a`, 1 is `b`. */
struct rgb rgb_mix(struct rgb a, struct rgb b, double share);
/* By WCAG 2: 1 (none) to 21 (black on white). */
double rgb_contrast(struct rgb a, struct rgb b);
/* Near enough to `colour`, moved towards `away` until it has that contrast to `ground`. */
struct rgb rgb_readable(struct rgb colour, struct rgb ground, struct rgb away, double contrast);

/* The nearest of xterm's 6×6×6 cube and its greys, 16…255: the first 16 are the user's own. */
int rgb_to_256(struct rgb colour);
/* The nearest of the 16 by hue and lightness. */
int rgb_to_16(struct rgb colour);
struct rgb rgb_of_256(int index);

#endif
