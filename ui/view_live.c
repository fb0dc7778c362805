#include <stdlib.h>

#include "ui/views.h"

void view_live_draw(struct ui *ui, struct canvas *canvas, struct rect rect)
{
    (void)ui;
    (void)canvas;
    (void)rect;
}

void view_live_free(void *private)
{
    free(private);
}
