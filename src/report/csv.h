/* Fields of CSV, by RFC 4180. */
#ifndef REPORT_CSV_H
#define REPORT_CSV_H

#include "base/buffer.h"

/* Quoted where it has to be. */
void csv_field(struct buffer *out, struct text field);
/* The next field of a line, into the emptied `field`. False when there is none left. */
bool csv_take_field(struct text *line, struct buffer *field);
/* Nothing for a figure that has no value. */
void csv_number(struct buffer *out, double value, int decimals);

#endif
