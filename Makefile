# make            build ./fluxperf              make check     layers, unit, end-to-end and manual tests
# make demo       a cold-to-warm run            make bench     what the client itself costs, as ratios
# make soak       half an hour of load: MINUTES make afternoon an hour of a run in each of 6 MINUTES
# make valgrind   unit tests under valgrind
# make install    PREFIX, DESTDIR               make lint fuzz coverage dist clean
#
# CC=clang, SANITIZE=address,undefined and SANITIZE=thread build into folders of their own; WERROR=1
# turns warnings into errors; V=1 shows whole commands. CFLAGS, CPPFLAGS, LDFLAGS and
# LDLIBS are the user's.

VERSION := 0.1.0
BUILD   ?= build
PREFIX  ?= /usr/local
CFLAGS  ?= -O2 -g
SECONDS ?= 5# of fuzzing for each target
MINUTES ?= 30# of soaking; 6 of an afternoon
SECTIONS ?=# of the bench; all

PACKAGES := libcurl libcjson yaml-0.1 libutf8proc ncursesw
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wpointer-arith -Wcast-qual -Wwrite-strings -Wformat=2 -Wundef -Wnull-dereference \
            -Wdouble-promotion -Wswitch-enum -Wvla

# Asked when the first recipe needs them: by then `deps` has installed what was missing.
PACKAGE_CFLAGS = $(eval PACKAGE_CFLAGS := $(shell pkg-config --cflags $(PACKAGES)))$(PACKAGE_CFLAGS)
PACKAGE_LIBS   = $(eval PACKAGE_LIBS := $(shell pkg-config --libs $(PACKAGES)))$(PACKAGE_LIBS)

FLUX_CPPFLAGS = -D_GNU_SOURCE -DFLUXPERF_VERSION='"$(VERSION)"' -Isrc -I. $(HARDENING) $(PACKAGE_CFLAGS)
FLUX_CFLAGS   = -std=gnu17 -pthread -fPIE -fstack-protector-strong $(WARNINGS) \
                $(if $(WERROR),-Werror) $(INSTRUMENT)
FLUX_LDFLAGS  = -pthread -pie -Wl,-z,relro,-z,now $(INSTRUMENT)
FLUX_LDLIBS   = $(PACKAGE_LIBS) -lm

comma := ,
empty :=
ifeq ($(SANITIZE),)
HARDENING  := -D_FORTIFY_SOURCE=2
else
INSTRUMENT := -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
VARIANT := $(strip $(filter-out cc gcc,$(notdir $(firstword $(CC)))) $(subst $(comma),-,$(SANITIZE)))
OUT     := $(BUILD)$(if $(VARIANT),/$(subst $(empty) ,-,$(VARIANT)))

SOURCES := $(wildcard src/*/*.c ui/*.c)
OBJECTS := $(SOURCES:%.c=$(OUT)/%.o)
UNITS   := $(patsubst tests/%.c,$(OUT)/%,$(wildcard tests/unit/test_*.c))
FUZZERS := $(patsubst tests/%.c,$(OUT)/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCHES := $(patsubst tests/%.c,$(OUT)/%,$(wildcard tests/bench/*.c))
CHECKS  := tests/layers.sh tests/words.sh tests/man.sh tests/install.sh $(wildcard tests/e2e/*.t)
FORMATTED = $(wildcard src/*.[ch] src/*/*.[ch] ui/*.[ch] tests/*/*.[ch])

SHOW = $(if $(V),,@echo '  $1  $2' &&)

all: fluxperf

fluxperf: $(OUT)/fluxperf
	@cmp -s $< $@ || { rm -f $@; cp $< $@; } # one that runs is busy, and goes on

$(OUT)/fluxperf: $(OUT)/src/main.o $(OUT)/libfluxperf.a
	$(LINK)

# Removed first: ar keeps the members whose source is gone.
$(OUT)/libfluxperf.a: $(OBJECTS)
	@rm -f $@
	$(call SHOW,AR,$@)ar rcs $@ $^

$(OUT)/%.o: %.c | deps
	@mkdir -p $(@D)
	$(call SHOW,CC,$<)$(CC) $(FLUX_CPPFLAGS) $(CPPFLAGS) $(FLUX_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

define LINK
@mkdir -p $(@D)
$(call SHOW,LD,$@)$(CC) $(FLUX_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(FLUX_LDLIBS) $(LINK_EXTRA) $(LDLIBS)
endef

# They hold the shipped datasets and themes as bytes.
$(OUT)/src/dataset/builtin.o: $(wildcard datasets/*)
$(OUT)/ui/theme_files.o: $(wildcard themes/*)

$(OUT)/unit/%: $(OUT)/tests/unit/%.o $(OUT)/libfluxperf.a
	$(LINK)
$(UNITS): LINK_EXTRA = -lcmocka

$(OUT)/fuzz/%: $(OUT)/tests/fuzz/%.o $(OUT)/libfluxperf.a
	$(LINK)
$(FUZZERS): LINK_EXTRA = -fsanitize=fuzzer

$(OUT)/bench/%: $(OUT)/tests/bench/%.o $(OUT)/libfluxperf.a
	$(LINK)

NEEDS := $(firstword $(if $(filter lint,$(MAKECMDGOALS)),lint) \
           $(if $(filter valgrind,$(MAKECMDGOALS)),grind) $(if $(filter bench,$(MAKECMDGOALS)),bench) \
           $(if $(filter check unit fuzz coverage soak afternoon,$(MAKECMDGOALS)),check) build)
deps:
	@CC='$(firstword $(CC))' tests/deps.sh $(NEEDS)

demo: fluxperf
	./fluxperf demo

check: $(OUT)/fluxperf $(UNITS)
	@$(PROVE) $(CHECKS) $(UNITS)

# Keeps the screens as they are now: git diff shows what is different.
golden-update: $(OUT)/unit/test_golden
	@mkdir -p tests/ui
	@GOLDEN_UPDATE=1 $< >/dev/null

# Without the end-to-end tests.
unit: $(UNITS)
	@$(PROVE) $(UNITS)

PROVE = LC_ALL=$${LC_ALL-C.UTF-8} CMOCKA_MESSAGE_OUTPUT=TAP FLUXPERF=$(abspath $(OUT))/fluxperf \
        LSAN_OPTIONS=suppressions=$(abspath tests/lsan.supp):print_suppressions=0 \
        TSAN_OPTIONS=suppressions=$(abspath tests/tsan.supp):print_suppressions=0 prove -j6

bench: $(OUT)/fluxperf $(BENCHES)
	@tests/bench/bench.pl $(OUT)/fluxperf $(OUT)/bench $(SECTIONS)

soak: $(OUT)/fluxperf
	@tests/bench/soak.pl $(OUT)/fluxperf $(MINUTES)

afternoon: $(OUT)/fluxperf $(OUT)/bench/spans
	@tests/bench/afternoon.pl $(abspath $(OUT)/fluxperf) $(OUT)/bench $(if $(filter file,$(origin MINUTES)),6,$(MINUTES))

valgrind: $(UNITS)
	@UNDER_VALGRIND=1 $(PROVE) --exec 'valgrind -q --error-exitcode=9 --leak-check=full' $(UNITS)

lint: deps
	clang-format --dry-run -Werror $(FORMATTED)
	@mkdir -p $(BUILD)
	printf '%s\n' -xc -std=gnu17 -I$(CURDIR)/src -I$(CURDIR) $(FLUX_CPPFLAGS) $(WARNINGS) >$(BUILD)/compile_flags.txt
	printf '%s\n' $(filter %.c,$(FORMATTED)) | xargs -P $$(nproc) -n 8 clang-tidy --quiet -p $(BUILD)
	cppcheck --quiet --std=c11 --error-exitcode=1 --enable=warning,performance,portability -j2 \
	    --suppress=nullPointerRedundantCheck:src/telemetry/live.c \
	    --suppress=nullPointerRedundantCheck:src/benchmark/collector.c \
	    --suppress=returnDanglingLifetime:src/result/journal_field.c --inline-suppr --suppress=missingIncludeSystem --suppress=invalidPointerCast \
	    --suppress=incorrectLogicOperator:src/base/json_scan.c -D_GNU_SOURCE -Isrc -I. src $(wildcard ui)
	scan-build --status-bugs -o $(BUILD)/scan-build $(MAKE) BUILD=$(BUILD)/scan fluxperf-objects
	tests/man.sh

fluxperf-objects: $(OBJECTS)

fuzz: deps
	@$(MAKE) --no-print-directory CC=clang SANITIZE=fuzzer-no-link,address,undefined run-fuzzers

run-fuzzers: $(FUZZERS)
	@set -e; for fuzzer in $^; do \
	    name=$${fuzzer##*/fuzz_}; work=$(OUT)/corpus/$$name; seeds=tests/fuzz/corpus/$$name; \
	    mkdir -p $$work; [ -d $$seeds ] || seeds=; \
	    echo "fuzzing $$name for $(SECONDS) s"; \
	    $$fuzzer -max_total_time=$(SECONDS) -timeout=10 -artifact_prefix=$$work- $$work $$seeds \
	        >$$work.log 2>&1 || { tail -n 40 $$work.log; exit 1; }; \
	    tail -n 1 $$work.log; \
	done

coverage:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/coverage \
	    CFLAGS='-Og -g --coverage -Wno-format-truncation' check
	@tests/coverage.sh $(BUILD)/coverage

DEST = $(DESTDIR)$(PREFIX)
BASH_COMPLETION = share/bash-completion/completions/fluxperf
ZSH_COMPLETION  = share/zsh/site-functions/_fluxperf

install: $(OUT)/fluxperf
	install -D -m 755 $< "$(DEST)/bin/fluxperf"
	set -e; for folder in themes datasets; do \
	    install -D -m 644 -t "$(DEST)/share/fluxperf/$$folder" $$folder/*; \
	done
	set -e; for page in man/*.[1-9]; do \
	    install -D -m 644 -t "$(DEST)/share/man/man$${page##*.}" $$page; \
	done
	install -d "$(DEST)/$(dir $(BASH_COMPLETION))" "$(DEST)/$(dir $(ZSH_COMPLETION))"
	$< completions bash >"$(DEST)/$(BASH_COMPLETION)"
	$< completions zsh >"$(DEST)/$(ZSH_COMPLETION)"

# Folders that others use too are left when they hold anything.
uninstall:
	rm -f "$(DEST)/bin/fluxperf" "$(DEST)/$(BASH_COMPLETION)" "$(DEST)/$(ZSH_COMPLETION)"
	for page in man/*.[1-9]; do \
	    rm -f "$(DEST)/share/man/man$${page##*.}/$${page#man/}"; \
	done
	rm -rf "$(DEST)/share/fluxperf"
	[ ! -d "$(DEST)" ] || cd "$(DEST)" && for folder in $(dir $(BASH_COMPLETION) $(ZSH_COMPLETION)) share/man/man?; do \
	    [ ! -d $$folder ] || rmdir -p --ignore-fail-on-non-empty $$folder; \
	done

dist:
	@mkdir -p $(BUILD)
	git archive --prefix=fluxperf-$(VERSION)/ -o $(BUILD)/fluxperf-$(VERSION).tar.gz HEAD
	@echo $(BUILD)/fluxperf-$(VERSION).tar.gz

clean:
	rm -rf $(BUILD) fluxperf

.PHONY: all fluxperf fluxperf-objects deps demo check unit golden-update bench soak afternoon valgrind lint fuzz run-fuzzers coverage install uninstall dist \
        clean
.SECONDARY:
-include $(OBJECTS:.o=.d) $(OUT)/src/main.d $(patsubst $(OUT)/%,$(OUT)/tests/%.d,$(UNITS) $(FUZZERS) $(BENCHES))
