# fluxperf: `make`, `make demo`, `make check`, `make bench`, `make lint`, `make fuzz`, `make install`

CC      ?= cc
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
CFLAGS  ?= -O2 -g

PACKAGES := libcurl libcjson yaml-0.1 libutf8proc
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wpointer-arith -Wcast-qual -Wwrite-strings -Wformat=2 -Wundef -Wnull-dereference \
            -Wdouble-promotion -Wswitch-enum -Wvla
FLUX_CPPFLAGS := -D_GNU_SOURCE -Isrc -Iui -I$(BUILD) $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
FLUX_CFLAGS   := -std=gnu17 -pthread -fPIE -fstack-protector-strong $(WARNINGS) $(if $(WERROR),-Werror)
FLUX_LDFLAGS  := -pthread -pie -Wl,-z,relro,-z,now
FLUX_LDLIBS   := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lm
ifeq ($(SANITIZE),)
FLUX_CPPFLAGS += -D_FORTIFY_SOURCE=2
else
override BUILD := $(BUILD)/$(subst $(comma),-,$(SANITIZE))
FLUX_CFLAGS   += -fsanitize=$(SANITIZE) -fno-omit-frame-pointer
FLUX_LDFLAGS  += -fsanitize=$(SANITIZE)
endif
comma := ,

SOURCES := $(filter-out src/main.c,$(wildcard src/*/*.c ui/*.c))
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
TESTS   := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))

all: fluxperf

fluxperf: $(BUILD)/fluxperf
	cp $< $@

$(BUILD)/fluxperf: $(BUILD)/src/main.o $(BUILD)/libfluxperf.a
	$(CC) $(FLUX_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(FLUX_LDLIBS) $(LDLIBS)

$(BUILD)/libfluxperf.a: $(OBJECTS)
	rm -f $@ && ar rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(FLUX_CPPFLAGS) $(CPPFLAGS) $(FLUX_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(BUILD)/libfluxperf.a
	@mkdir -p $(@D)
	$(CC) $(FLUX_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(FLUX_LDLIBS) -lcmocka $(LDLIBS)

unit: $(TESTS)

clean:
	rm -rf build fluxperf

.PHONY: all unit clean
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
