/* What the panes of a request show, as text. */
#ifndef UI_REQUEST_TEXTS_H
#define UI_REQUEST_TEXTS_H

#include "ui/prompt_source.h"
#include "ui/request_detail.h"

/* Messages with their roles as headings: as they were sent where the body was kept, else as the
 * dataset has them, else the question alone. */
void request_text_prompt(const struct request_detail *detail, const struct ui *ui,
                         struct prompt_source *source, struct buffer *out);
void request_text_reply(const struct request_detail *detail, struct buffer *out);
/* How far apart chunks came: figures, the longest, and how many of each length. */
void request_text_gaps(const struct request_detail *detail, struct buffer *out);
/* As it was sent, where it was kept. */
void request_text_body(const struct request_detail *detail, const struct ui *ui,
                       struct buffer *out);
void request_text_events(const struct request_detail *detail, const struct ui *ui,
                         struct buffer *out);
/* As a command of curl without its key. */
void request_text_curl(const struct request_detail *detail, const struct ui *ui,
                       struct buffer *out);

#endif
