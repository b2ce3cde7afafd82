# asmo. `make help` lists what there is to make.
#
# One build folder a mode: build/release (also in bin/), build/asan, build/coverage. Sources are found by wildcard.

MODE ?= release
CC ?= cc
FUZZ_SECONDS ?= 60
COVERAGE_MIN ?= 90
PKG_CONFIG ?= pkg-config
PYTHON ?= /usr/bin/python3
N8N_VERSIONS ?= 1.123.81 2.40.7

BUILD := build/$(MODE)
# Pictures need cairo; without it (or with `make CAIRO=`) a build has none, and says so.
CAIRO ?= $(shell $(PKG_CONFIG) --exists cairo zlib 2>/dev/null && echo cairo zlib)
HAS_CAIRO := $(strip $(CAIRO))
SOURCES := $(filter-out $(if $(HAS_CAIRO),src/render/png_none.c,src/render/png.c src/render/png_draw.c src/render/png_encode.c),$(wildcard src/*/*.c))
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/made/html_style.o $(BUILD)/made/html_script.o
PROGRAMS := asmo-monitor asmo-report
PROGRAM_FILES := $(PROGRAMS:%=$(BUILD)/%)
LIBRARY := $(BUILD)/libasmo.a
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZERS := $(FUZZ_TARGETS:%=build/fuzz/fuzzers/%)
FUZZ_SUPPORT := $(patsubst %.c,build/fuzz/%.o,$(filter-out tests/fuzz/fuzz_%.c,$(wildcard tests/fuzz/*.c)))
UNIT_SUPPORT := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support/*.c))

supported = $(shell $(CC) -Werror $(1) -x c -c /dev/null -o /dev/null 2>/dev/null && echo $(1))

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wformat=2 -Wstrict-prototypes \
	-Wmissing-prototypes -Wcast-qual -Wundef -Wvla -Wnull-dereference -Wdouble-promotion \
	-Werror=incompatible-pointer-types -Werror=int-conversion -Werror=implicit-function-declaration
HARDENING := -fstack-protector-strong $(call supported,-fstack-clash-protection) $(call supported,-fcf-protection)
CFLAGS.release := -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 $(HARDENING) -fPIE
LDFLAGS.release := -pie -Wl,-z,relro,-z,now -Wl,--as-needed
CFLAGS.asan := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LDFLAGS.asan := -fsanitize=address,undefined
CFLAGS.fuzz := -O1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined,float-cast-overflow \
	-fno-sanitize-recover=all
LDFLAGS.fuzz := -fsanitize=fuzzer,address,undefined
CFLAGS.coverage := -O0 --coverage
LDFLAGS.coverage := --coverage

LIBRARIES := libcurl libcjson $(HAS_CAIRO)
# Sizes, inodes and times have 64 bits on a machine of 32, too.
DEFINES := -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64
# Debian's libcjson.pc names the folder of the header itself; the sources say <cjson/cJSON.h>.
ALL_CFLAGS = -std=c11 $(DEFINES) -g $(WARNINGS) $(CFLAGS.$(MODE)) -Iinclude -Isrc \
	$(shell $(PKG_CONFIG) --cflags libcurl $(HAS_CAIRO)) $(CFLAGS)
ALL_LDFLAGS = $(LDFLAGS.$(MODE)) $(LDFLAGS)
LDLIBS = $(shell $(PKG_CONFIG) --libs $(LIBRARIES)) -lm -pthread
ALL_FLAGS = $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(LDLIBS)

.DELETE_ON_ERROR:
.PHONY: all run test test-parts test-engines unit-tests programs test-vm deb test-deb test-n8n bench pictures fuzz coverage lint format help clean deps-build deps-test
all: $(PROGRAMS:%=bin/%)

bin/%: build/release/%
	@mkdir -p $(@D)
	@rm -f $@ # it may be running
	cp $< $@

$(BUILD)/asmo-%: $(BUILD)/src/asmo-%.o $(BUILD)/src/program.o $(BUILD)/src/progress.o $(LIBRARY)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$(LIBRARY): $(OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# What the HTML report carries in itself.
$(BUILD)/made/html_style.c: src/render/html.css src/render/embed
	@mkdir -p $(@D)
	src/render/embed html_style $< > $@
$(BUILD)/made/html_script.c: src/render/html.js src/render/embed
	@mkdir -p $(@D)
	src/render/embed html_script $< > $@
$(BUILD)/made/%.o: $(BUILD)/made/%.c $(BUILD)/flags
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Changes when the flags do, and everything with it. Not for `make install`: it installs what was built, though sudo
# does not hand on the CFLAGS of the environment.
$(BUILD)/flags: $(if $(filter install,$(MAKECMDGOALS)),,FORCE)
	@mkdir -p $(@D)
	@echo '$(ALL_FLAGS)' | cmp -s - $@ || echo '$(ALL_FLAGS)' > $@
FORCE:

$(UNIT_TESTS): $(BUILD)/tests/%: $(BUILD)/tests/unit/%.o $(UNIT_SUPPORT) $(LIBRARY)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS) $(shell $(PKG_CONFIG) --libs cmocka)

# With MODE=fuzz CC=clang.
.PHONY: fuzzers
fuzzers: $(FUZZERS)
$(FUZZERS): build/fuzz/fuzzers/%: build/fuzz/tests/fuzz/fuzz_%.o $(FUZZ_SUPPORT) $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

.SECONDARY: $(OBJECTS) $(BUILD)/made/html_style.c $(BUILD)/made/html_script.c $(PROGRAM_FILES) $(PROGRAMS:%=$(BUILD)/src/%.o) $(BUILD)/src/program.o $(BUILD)/src/progress.o $(UNIT_TESTS:$(BUILD)/tests/%=$(BUILD)/tests/unit/%.o)

-include $(wildcard $(BUILD)/src/*.d $(BUILD)/src/*/*.d $(BUILD)/tests/*/*.d)

## run: install what is missing, build, take one snapshot of this machine, print it and the report
run: deps-build
	@[ -x bin/asmo-report ] || echo 'Building, which takes less than a minute'
	@$(MAKE) --no-print-directory -s all
	@echo; echo '$$ bin/asmo-monitor -f text'; bin/asmo-monitor -f text
	@echo; echo '$$ bin/asmo-report -f text'; bin/asmo-report -f text

## test: install what the tests need, build, run every test
test: deps-test test-parts
	@$(PYTHON) tests/support/suite.py

## test-unit: the unit tests alone; likewise any other part of `make test` (test-programs, ...), and test-asan-all, test-valgrind-all
test-%: test-parts
	@$(PYTHON) tests/support/suite.py $*

# What the tests run.
test-parts:
	@$(MAKE) --no-print-directory -s -j 3 all unit-tests
	@$(MAKE) --no-print-directory -s -j 3 MODE=asan unit-tests programs
unit-tests: $(UNIT_TESTS)
programs: $(PROGRAM_FILES)

## test-engines: make test with every engine that can be had
test-engines: deps-test test-parts
	@ASMO_TEST_ENGINES=all $(PYTHON) tests/support/suite.py

## test-vm: with systemd, Docker 26.1 and cgroup v2 in a virtual machine (minutes)
test-vm: all
	contrib/install-deps vm
	tests/vm/run

DEB_SOURCES := Makefile README.md CHANGELOG.md LICENSE config.example.json src include contrib
## deb: a Debian package in build/deb, of which lintian has nothing to say
deb:
	@contrib/install-deps deb
	@rm -rf build/deb && mkdir -p build/deb/source
	@cp -r $(DEB_SOURCES) contrib/debian build/deb/source
	cd build/deb/source && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL dpkg-buildpackage -b -us -uc >../build.log 2>&1 || \
		{ tail -n 30 ../build.log; exit 1; }
	lintian --fail-on error,warning build/deb/asmo_*.changes
	@ls build/deb/asmo_*.deb

## test-deb: that package in a new Debian root: installed, run by cron, purged (minutes)
test-deb: deps-test deb
	$(PYTHON) -m pytest -q -p no:cacheprovider tests/deb

## test-n8n: the workflows of contrib/n8n in real n8n of N8N_VERSIONS (1.x and 2.x), from the npm registry (minutes; 3 GB each)
test-n8n: all
	@contrib/install-deps n8n
	@PYTHON=$(PYTHON) tests/n8n/run $(N8N_VERSIONS)

## bench: speed and size against docker stats and the Python stack; also written to build/bench.txt
bench: deps-test all
	contrib/install-deps bench
	$(PYTHON) tests/bench/bench.py

## pictures: draw those of the README anew, with the browser
pictures: all
	@contrib/install-deps pictures
	$(PYTHON) tests/support/pictures.py bin/asmo-report tests/golden/pictures

## fuzz: each parser of foreign bytes with made-up input for FUZZ_SECONDS (60), two at a time
fuzz:
	@contrib/install-deps fuzz
	@$(MAKE) --no-print-directory -s MODE=fuzz CC=clang fuzzers
	@printf '%s\n' $(FUZZ_TARGETS) | xargs -P 2 -I NAME tests/fuzz/run NAME -max_total_time=$(FUZZ_SECONDS)

## coverage: which lines of src/ the tests run, engines apart; fails below COVERAGE_MIN (90) percent
coverage: deps-test
	@contrib/install-deps coverage
	@$(MAKE) --no-print-directory -s -j 3 MODE=coverage unit-tests programs
	@find build/coverage -name '*.gcda' -delete
	@-$(PYTHON) tests/support/suite.py unit-coverage coverage # this build writes files of its own
	@gcovr --root . --filter src/ --fail-under-line $(COVERAGE_MIN) build/coverage

## lint: compilers' and checkers' warnings as errors, formatting, the rules of the house
LINT_TARGETS = $(PROGRAMS:%=build/lint-$(1)/%) $(patsubst tests/unit/%.c,build/lint-$(1)/tests/%,$(wildcard tests/unit/test_*.c))
FORMATTED := $(wildcard src/*.[ch] src/*/*.[ch] include/asmo/*.h tests/unit/*.c tests/support/*.[ch] tests/bench/*.c \
	tests/e2e/*.c tests/fuzz/*.[ch])
TIDIED := $(filter-out tests/bench/% tests/e2e/% tests/support/% tests/unit/%,$(filter %.c,$(FORMATTED)))
SCRIPTS := contrib/install-deps contrib/debian/postrm $(wildcard contrib/completions/bash/*) contrib/ssh/asmo-only src/render/embed .ci/run \
	tests/fuzz/run tests/support/check-house tests/support/valgrind/asmo-monitor tests/support/machine-init.sh tests/vm/timers tests/n8n/run
# The analyzer does not know that cmocka's assertions end a test, so it looks at the programs alone.
lint:
	@contrib/install-deps lint
	$(MAKE) --no-print-directory -j 3 MODE=lint-gcc CC=gcc CFLAGS='-O2 -Werror -fanalyzer' $(PROGRAMS:%=build/lint-gcc/%)
	$(MAKE) --no-print-directory -j 3 MODE=lint-clang CC=clang CFLAGS='-O2 -Werror' $(call LINT_TARGETS,clang)
	$(MAKE) --no-print-directory -j 3 MODE=fuzz CC=clang CFLAGS=-Werror fuzzers
	cppcheck --quiet --error-exitcode=1 --enable=warning,portability,performance --inline-suppr -j 2 \
		--suppress=missingIncludeSystem --suppress=ctuuninitvar -Iinclude -Isrc src tests/fuzz
	printf '%s\n' $(TIDIED) | xargs -P 2 -I {} clang-tidy --quiet {} -- -std=c11 $(DEFINES) -Iinclude -Isrc $(shell $(PKG_CONFIG) --cflags cairo) 2>/dev/null
	clang-format --dry-run -Werror $(FORMATTED)
	shellcheck --severity=warning $(SCRIPTS)
	$(PYTHON) -m pyflakes tests
	tests/support/check-house

## format: lay out the sources
format:
	clang-format -i $(FORMATTED)

deps-build deps-test:
	@contrib/install-deps $(@:deps-%=%)

# Where `make install` puts things, by the usual names.
PREFIX ?= /usr/local
prefix = $(PREFIX)
exec_prefix = $(prefix)
bindir = $(exec_prefix)/bin
datarootdir = $(prefix)/share
datadir = $(datarootdir)
mandir = $(datarootdir)/man
docdir = $(datarootdir)/doc/asmo
unitdir = $(prefix)/lib/systemd/system
ownlibdir = $(prefix)/lib/asmo
bashdir = $(datadir)/bash-completion/completions
zshdir = $(datadir)/zsh/site-functions
fishdir = $(datadir)/fish/vendor_completions.d
INSTALL ?= install

EXAMPLES = $(sort $(shell find contrib -type f ! -name install-deps \
	! -path 'contrib/completions/*' ! -path 'contrib/debian/*' ! -path 'contrib/man/*' \
	! -path 'contrib/ssh/*' ! -path 'contrib/systemd/*'))
# All that is installed, as FILE:PLACE; `uninstall` goes by the same list.
at = $(foreach file,$(2),$(file):$(1)/$(notdir $(file)))
INSTALLED_PROGRAMS = $(call at,$(bindir),$(PROGRAMS:%=bin/%))
INSTALLED_TEXTS = $(call at,$(mandir)/man1,$(wildcard contrib/man/*.1)) \
	$(call at,$(mandir)/man5,$(wildcard contrib/man/*.5)) \
	$(call at,$(bashdir),$(wildcard contrib/completions/bash/*)) \
	$(call at,$(zshdir),$(wildcard contrib/completions/zsh/*)) \
	$(call at,$(fishdir),$(wildcard contrib/completions/fish/*)) \
	$(call at,$(unitdir),$(wildcard contrib/systemd/*.service contrib/systemd/*.timer)) \
	$(call at,$(ownlibdir),$(wildcard contrib/ssh/*)) \
	$(call at,$(docdir),README.md CHANGELOG.md LICENSE config.example.json) \
	$(foreach file,$(EXAMPLES),$(file):$(docdir)/examples/$(file:contrib/%=%))
# What names the programs says where they are now; the example of a config keeps the history where an installed program
# does, as a relative path would start at the folder that the example is copied to.
INSTALLED_SED = -e 's,\([ =]\)\(/opt/asmo/bin/\)\{0\,1\}\(asmo-[a-z]* -\),\1$(bindir)/\3,g' \
	-e 's,/usr/local/lib/asmo/,$(ownlibdir)/,g' \
	-e 's,"data/health_history.json","/var/lib/asmo/health_history.json",' \
	-e 's,"logs/asmo.log","/var/log/asmo/asmo.log",'

.PHONY: install uninstall
## install: programs, man pages, completions, systemd units (not enabled) and documents below PREFIX (/usr/local); DESTDIR
install: all
	@for entry in $(INSTALLED_PROGRAMS); do \
		to='$(DESTDIR)'"$${entry#*:}"; \
		$(INSTALL) -d "$${to%/*}" && $(INSTALL) -m 755 "$${entry%%:*}" "$$to" || exit 1; \
	done
	@for entry in $(INSTALLED_TEXTS); do \
		from=$${entry%%:*} to='$(DESTDIR)'"$${entry#*:}" mode=644; \
		[ ! -x "$$from" ] || mode=755; \
		$(INSTALL) -d "$${to%/*}" && $(INSTALL) -m $$mode "$$from" "$$to" || exit 1; \
		case $$from in contrib/systemd/* | contrib/cron/* | contrib/ssh/* | config.example.json) \
			sed $(INSTALLED_SED) "$$from" > "$$to" || exit 1 ;; \
		esac; \
	done
	@echo 'Installed below $(DESTDIR)$(prefix). What comes next: $(docdir)/README.md'

## uninstall: remove what `make install` put there, with the same PREFIX and DESTDIR; configs, history and log stay
uninstall:
	@for entry in $(INSTALLED_PROGRAMS) $(INSTALLED_TEXTS); do rm -f '$(DESTDIR)'"$${entry#*:}" || exit 1; done
	@for own in '$(DESTDIR)$(docdir)' '$(DESTDIR)$(ownlibdir)'; do \
		[ ! -d "$$own" ] || find "$$own" -depth -type d -empty -delete || exit 1; \
	done

## clean: remove what was built
clean:
	rm -rf bin build/deb build/release build/asan build/coverage build/fuzz build/test build/lint-gcc build/lint-clang

## help: this list
help:
	@sed -n 's/^## \([a-z0-9-]*\): /  make \1\t/p' Makefile | expand -t 22
	@echo '  make                build bin/asmo-monitor and bin/asmo-report'
