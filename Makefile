# make            the program, the libraries and the Lua module, into build/
# make deps       install what building, the demo and the tests need (Debian packages)
# make deps-dev   install what linting, valgrind and the peers of the benchmarks need on top
# make demo       build sample evidence and find its leaking driver
# make check      every test        make check-long  the same, fuzzers and scans longer
# make bench      figures against peers
# make lint       every static checker      make asan   the tests, sanitised
# make oom        every allocation fails once, sanitised
# make fuzz TIME=60                         make valgrind
# make fuzz-minutes MINUTES=10, then make fuzz-keep: long runs, and what is kept of them
# make install PREFIX=/usr/local DESTDIR=   make uninstall   make clean
# make deb        Debian packages, into build/deb       make docs  the references for Lua and C
# make surface    write down anew what programs and scripts may call, to be read and committed
# V=1 shows the commands

PREFIX ?= /usr/local
B      ?= build
CC     ?= cc
CLANG  ?= clang-14
LUA    ?= lua5.4
BUSTED ?= busted --lua=/usr/bin/$(LUA)
CFLAGS ?= -O2 -g
TIME   ?= 5

DEPS     = gcc libc6-dev make pkg-config binutils lua5.4 liblua5.4-dev lua-filesystem lua-argparse \
           lua-dkjson lua-rex-pcre2 lua-busted libcmocka-dev libzydis-dev libzycore-dev libssl-dev libsqlite3-dev \
           libzstd-dev libpcre2-dev libedit2 gcc-mingw-w64-x86-64 gcc-mingw-w64-i686 clang-14 libclang-rt-14-dev lld-14 llvm-14
DEPS_DEV = clang-format-14 clang-tidy-14 cppcheck lua-check valgrind ripgrep python3-pefile osslsigncode openssl \
           yara time wine64 libcapstone-dev python3-capstone chromium mandoc zsh fish luarocks debhelper lintian debootstrap \
           prometheus systemd lua-ldoc doxygen

# Asked for when a recipe needs them, so that `make deps all` finds what deps has just installed.
LUA_CFLAGS = $(shell pkg-config --cflags lua5.4)
LUA_LIBS   = $(shell pkg-config --libs lua5.4)
LUA_STATIC = $(shell pkg-config --variable=libdir lua5.4)/liblua5.4.a
LIBS       = -lZydis -lcrypto -lsqlite3 $(shell pkg-config --libs libzstd) -lpthread -lm

# Other compilers and other flags (-O3) warn of what is none: packagers say WERROR= to build all the same.
WERROR ?= -Werror
WARN  = -Wall -Wextra $(WERROR) -Wpedantic -Wconversion -Wshadow -Wundef -Wvla -Wcast-qual \
        -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wdouble-promotion
FLAGS = -std=c11 -D_GNU_SOURCE $(WARN) -fPIC -fvisibility=hidden '-ffile-prefix-map=$(CURDIR)=.' -MMD -MP \
        -Icore/include -Icore

# The layers: core never sees Lua.  Only bind/ and cli/ are given Lua's include path.
CORE := $(filter-out core/bind/% core/cli/%,$(wildcard core/*/*.c))
BIND := $(wildcard core/bind/*.c)
CLI  := $(wildcard core/cli/*.c)
obj   = $(patsubst %.c,$B/obj/%.o,$1)

# $(call run,WORD) in front of a command: says what is made; with V=1 the command instead.
run = $(if $V,,@printf '  %-3s %s\n' $1 $@;)

# What else is asked for on the same command line waits for deps, with -j too.
FIRST := $(filter deps deps-dev,$(MAKECMDGOALS))

# $(call unless_held,FILE,WORDS): nothing where the file holds these words; $(call hold,WORDS) writes them.  A file
# that is new is as old as can be: it speaks of what stands there.
unless_held = $(if $(subst |$(file <$1)|,,|$2|),always)
hold = @mkdir -p $(@D); [ -e $@ ]; there=$$?; printf '%s\n' '$(subst ','\'',$1)' >$@; [ $$there = 0 ] || touch -d @1 $@

all: $B/poolsleuth $B/libpoolsleuth.a $B/libpoolsleuth.so $B/libpoolsleuth_host.so $B/poolsleuth.so

# Another compiler or other flags compile all anew; a file that came or went links all anew.
COMPILER := $(CC) $(FLAGS) $(CFLAGS)
SOURCES  := $(CORE) $(BIND) $(CLI)
$B/compiler: $(call unless_held,$B/compiler,$(COMPILER))
	$(call hold,$(COMPILER))
$B/sources: $(call unless_held,$B/sources,$(SOURCES))
	$(call hold,$(SOURCES))

$B/obj/%.o: %.c $B/compiler | $(FIRST)
	@mkdir -p $(@D)
	$(call run,CC)$(CC) $(FLAGS) $(CFLAGS) -c $< -o $@
$(call obj,$(BIND) $(CLI) tests/c/support/oom_host.c): FLAGS += $(LUA_CFLAGS)
# What the library allocates comes from the allocator that the host chose.
$(call obj,$(CORE) $(BIND)): FLAGS += -include base/heap.h

# What the driver index keeps is worth nothing to a scanner of other sources.
SCANNER := $(wildcard core/pe/*.[ch]) core/bind/pe.c core/bind/pack.c lua/poolsleuth/drivers.lua
$B/obj/core/bind/driver_index.o: FLAGS += -DPS_SCANNER='"$(shell cat $(SCANNER) | cksum | tr ' ' -)"'
$B/obj/core/bind/driver_index.o: $(SCANNER) $B/sources

$B/libpoolsleuth.a: $(call obj,$(CORE)) $B/sources
	@rm -f $@
	$(call run,AR)$(AR) rcs $@ $(filter %.o,$^)

$B/libpoolsleuth.so: $(call obj,$(CORE)) core/include/exports.map $B/sources
	$(call run,LD)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,libpoolsleuth.so.0 \
	  -Wl,--version-script=core/include/exports.map $(filter %.o,$^) $(LIBS) -o $@

# A Lua module must not link Lua itself: the interpreter brings it.  What it has of the library is its own, also in a
# program that has another version of it.
$B/poolsleuth.so: $(call obj,$(BIND)) $B/libpoolsleuth.a
	$(call run,LD)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,--exclude-libs,libpoolsleuth.a $^ $(LIBS) -o $@

# Scripts in other programs: all of it with Lua, of which little is to be seen.
$B/libpoolsleuth_host.so: $(call obj,$(BIND) core/cli/host.c core/cli/state.c) $B/libpoolsleuth.a core/cli/host.map
	$(call run,LD)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,libpoolsleuth_host.so.0 -Wl,-u,ps_check_abi \
	  -Wl,--version-script=core/cli/host.map $(filter %.o %.a,$^) $(LIBS) $(LUA_LIBS) -ldl -o $@

# -E: Lua modules from elsewhere (lfs, rex_pcre2) find Lua in the program.
$B/poolsleuth: $(call obj,$(filter-out %/host.c,$(CLI)) $(BIND)) $B/libpoolsleuth.a
	$(call run,LD)$(CC) $(CFLAGS) $(LDFLAGS) -Wl,-E $^ $(LIBS) $(LUA_LIBS) -ldl -o $@

# --- tests -----------------------------------------------------------------------------------

C_TESTS := $(patsubst tests/c/%.c,$B/tests/%,$(wildcard tests/c/*_test.c))
SUPPORT := $(call obj,$(filter-out %/oom_host.c,$(wildcard tests/c/support/*.c)))
SPECS   := $(wildcard tests/lua/*_spec.lua plugins/*/*_spec.lua)
FUZZERS := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/*.c))

# Every test program can make any allocation fail: see tests/c/support/failing.h.
WRAP = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free
$B/obj/tests/%.o: FLAGS += -Itests/c
$B/tests/%_test: $B/obj/tests/c/%_test.o $(SUPPORT) $B/libpoolsleuth.a
	@mkdir -p $(@D)
	$(call run,LD)$(CC) $(CFLAGS) $(LDFLAGS) $(WRAP) $^ $(LIBS) -lcmocka -o $@
$B/tests/oom_host: $(call obj,tests/c/support/oom_host.c $(BIND)) $(SUPPORT) $B/libpoolsleuth.a
	@mkdir -p $(@D)
	$(call run,LD)$(CC) $(CFLAGS) $(LDFLAGS) $(WRAP) -Wl,-E $^ $(LUA_STATIC) $(LIBS) -ldl -lcmocka -o $@

TEST_ENV = LUA_PATH='$(CURDIR)/lua/?.lua;$(CURDIR)/lua/?/init.lua;$(CURDIR)/?.lua;;' \
           LUA_CPATH='$(CURDIR)/$B/?.so;;' POOLSLEUTH='$(CURDIR)/$B/poolsleuth' \
           POOLSLEUTH_BUILD='$(CURDIR)/$B' XDG_CACHE_HOME='$(CURDIR)/$B/cache' POOLSLEUTH_FIXTURES='$(CURDIR)/build/fixtures'
RUN      = $(TEST_ENV) $(LUA) tests/run.lua

# Drivers and evidence that the tests read, built by code.
fixtures: | $(FIRST)
	@if [ -x tests/make/fixtures.sh ]; then tests/make/fixtures.sh build/fixtures; fi

built: all fixtures $(C_TESTS) $B/tests/oom_host

# The pages are made before the tests, of which two install at the same time.
check: built manual
	@if command -v $(CLANG) >/dev/null; then $(MAKE) --no-print-directory fuzzers; fi
	@$(RUN) --fuzz-seconds $(TIME) $(C_TESTS) $B/tests/oom_host $(SPECS) $(FUZZERS)

# One test, or a few: make test T=tests/lua/layers_spec.lua
test: built
	@$(RUN) --fuzz-seconds $(TIME) $(T)

# The golden files of the surface; the test says where PS_ABI must be raised.
surface: all
	@POOLSLEUTH_GOLDEN=write $(RUN) tests/lua/surface_spec.lua

check-long: | $(FIRST)
	POOLSLEUTH_LONG=1 $(MAKE) TIME=60 check

SANITIZE = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all \
           -Wno-error=maybe-uninitialized
RUNTIMES = $(shell $(CC) -print-file-name=libasan.so) $(shell $(CC) -print-file-name=libubsan.so)
asan: | $(FIRST)
	$(MAKE) B=build/asan CFLAGS='$(SANITIZE)' built
	@$(MAKE) --no-print-directory B=build/asan check-sanitised
# These look at pages, at packages and at what other programs make of our output.
UNSANITISED = docs embed guide install isolation manual packaging pages readme report_browser surface
check-sanitised:
	@POOLSLEUTH_PRELOAD='$(RUNTIMES)' $(RUN) $(C_TESTS) $B/tests/oom_host \
	  $(filter-out $(UNSANITISED:%=tests/lua/%_spec.lua),$(SPECS))

oom: | $(FIRST)
	$(MAKE) B=build/asan CFLAGS='$(SANITIZE)' fixtures build/asan/tests/memory_test build/asan/tests/oom_host
	@$(MAKE) --no-print-directory B=build/asan check-memory
check-memory:
	@$(RUN) $B/tests/memory_test $B/tests/oom_host

valgrind: built
	@POOLSLEUTH_WRAPPER='valgrind -q --trace-children=yes --leak-check=full --error-exitcode=9' $(RUN) $(C_TESTS)

FUZZ_CFLAGS = -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -Wno-error
fuzzers: | $(FIRST)
	@$(MAKE) --no-print-directory B=build/fuzz CC=$(CLANG) CFLAGS='$(FUZZ_CFLAGS)' $(FUZZERS) build/fuzz/make_seeds
	@$(LUA) tests/fuzz/seeds.lua build/fuzz/make_seeds build/fuzz/seeds $(notdir $(FUZZERS))
build/fuzz/%: build/fuzz/obj/tests/fuzz/%.o build/fuzz/libpoolsleuth.a
	$(call run,LD)$(CC) $(CFLAGS) -fsanitize=fuzzer $(filter %.o,$^) $(filter %.a,$^) $(LIBS) $(FUZZ_LIBS) -o $@
# Comparisons are shown to the fuzzer, which finds words so; in code and dumps, whose marks the seeds hold, that
# would take two thirds of the time.
$(patsubst %.c,build/fuzz/obj/%.o,$(wildcard core/pe/*.c core/dump/*.c tests/fuzz/fuzz_code.c tests/fuzz/fuzz_dump.c tests/fuzz/fuzz_kernel.c)): \
  FLAGS += -fno-sanitize-coverage=trace-cmp
build/fuzz/fuzz_container: build/fuzz/obj/tests/c/support/dump_samples.o
build/fuzz/fuzz_container: FUZZ_LIBS = -lcmocka -Wl,--wrap=sysconf
build/fuzz/fuzz_dump build/fuzz/fuzz_kernel: FUZZ_LIBS = -Wl,--wrap=sysconf
build/fuzz/make_seeds: $(addprefix build/fuzz/obj/tests/,fuzz/seeds/make_seeds.o c/support/signing.o c/support/dump_samples.o \
  c/support/reel_sample.o) \
  build/fuzz/libpoolsleuth.a
	$(call run,LD)$(CC) $(CFLAGS) $^ $(LIBS) -lcmocka -o $@
build/fuzz/fuzz_lua: $(BIND:%.c=build/fuzz/obj/%.o)
build/fuzz/fuzz_lua: FUZZ_LIBS = $(LUA_STATIC) -ldl -Wl,--wrap=sqlite3_busy_timeout
build/fuzz/obj/tests/fuzz/fuzz_lua.o: FLAGS += $(LUA_CFLAGS)
fuzz: fuzzers
	@$(RUN) --fuzz-seconds $(TIME) $(FUZZERS)
# Until each target has had so many minutes of the processor, over all runs: make fuzz-minutes MINUTES=10
MINUTES = 10
fuzz-minutes: fuzzers
	@$(TEST_ENV) $(LUA) tests/fuzz/campaign.lua $(patsubst build/fuzz/%,%=$(MINUTES),$(FUZZERS))
# Choose, of what the runs found, what fuzzing starts from everywhere.
fuzz-keep: fuzzers
	@nice $(LUA) tests/fuzz/keep.lua $(notdir $(FUZZERS))

BENCHES := $(patsubst tests/bench/%.c,$B/bench/%,$(wildcard tests/bench/*.c))
$B/bench/%: $B/obj/tests/bench/%.o $B/libpoolsleuth.a
	@mkdir -p $(@D)
	$(call run,LD)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@
bench: all fixtures $(BENCHES)
	@$(TEST_ENV) tests/bench/run

demo: all
	@$(TEST_ENV) tests/demo.sh build/demo

# --- static checks ---------------------------------------------------------------------------

C_FILES   = $(shell find $(wildcard core tests plugins) -name '*.[ch]' -not -path '*/make/*')
LUA_FILES = $(shell find $(wildcard lua scripts plugins tests) -name '*.lua')
TIDY_FLAGS = -std=c11 -D_GNU_SOURCE -Icore/include -Icore $(LUA_CFLAGS)
# gcc 12 sees leaks and null pointers where there are none; clang-tidy and the sanitisers look for those.
ANALYZE   = -fanalyzer -Wno-analyzer-malloc-leak -Wno-analyzer-null-dereference -Wlogical-op \
            -Wduplicated-cond -Wduplicated-branches
lint: lint-format lint-lua lint-cppcheck lint-tidy lint-gcc
lint-format: | $(FIRST)
	clang-format-14 --dry-run -Werror $(C_FILES)
lint-lua: | $(FIRST)
	luacheck --no-color -q $(LUA_FILES)
lint-cppcheck: | $(FIRST)
	cppcheck --quiet -j2 --std=c11 --enable=warning,style,performance,portability --inline-suppr \
	  --error-exitcode=1 --suppress=unusedStructMember --suppress=missingIncludeSystem \
	  -Icore/include -Icore core
lint-tidy: | $(FIRST)
	printf '%s\n' $(CORE) $(BIND) $(CLI) | xargs -P2 -n4 sh -c \
	  'clang-tidy-14 --quiet "$$@" -- $(TIDY_FLAGS) 2>/dev/null' tidy
lint-gcc: | $(FIRST)
	@$(MAKE) --no-print-directory B=build/analyze CFLAGS='-O2 $(ANALYZE)' build/analyze/libpoolsleuth.a

# --- reference ------------------------------------------------------------------------------

# What scripts can call, as pages: the Lua library, and those files of C that are modules for Lua.  What
# programs can call: the public header.
docs: | $(FIRST)
	@rm -rf build/docs && mkdir -p build/docs/src
	@cp -r lua/poolsleuth build/docs/src/ && rm -rf build/docs/src/poolsleuth/view build/docs/src/poolsleuth/render \
	  build/docs/src/poolsleuth/collect build/docs/src/poolsleuth/knowledge
	@mkdir build/docs/parts && cp $$(grep -l '^@submodule' core/bind/*.c) build/docs/parts/
	@cp $$(grep -l '^@module' core/bind/*.c) build/docs/src/
	@cp .docs/config.ld build/docs/
	@cd build/docs && ldoc --fatalwarnings -c config.ld . >ldoc.log 2>&1 || { cat ldoc.log; exit 1; }
	@VERSION=$(VERSION) doxygen .docs/Doxyfile
	@echo build/docs/html/index.html build/docs/c/index.html

# --- installing ------------------------------------------------------------------------------

VERSION = $(shell sed -n 's/^\#define PS_VERSION "\(.*\)"/\1/p' core/include/poolsleuth.h)
# The same sources make the same bytes on any day: pages are dated by the release.
RELEASED = 2026-11-21
SOURCE_DATE_EPOCH ?= $(shell date -ud $(RELEASED) +%s)
LIBDIR ?= $(PREFIX)/lib
LUADIR ?= $(PREFIX)/share/lua/5.4
LUALIB ?= $(LIBDIR)/lua/5.4
SHARED  = libpoolsleuth.so.$(VERSION)
D       = $(DESTDIR)$(PREFIX)
# Where shells look for completions, as "ours theirs".
COMPLETIONS = bash:bash-completion/completions/poolsleuth zsh:zsh/site-functions/_poolsleuth \
              fish:fish/vendor_completions.d/poolsleuth.fish
# $(call put,FROM,TO,WHICH): the files of a folder that find's words WHICH choose, where they belong.
put = @(cd $1 && find . -type f $3) | while read -r f; do install -Dm644 "$1/$$f" "$(DESTDIR)$2/$$f" || exit 1; done

# Manual pages and completions, from what the scripts declare.  They are made once: what was built can be installed
# from a folder that cannot be written.
manual: $B/manual
$B/manual: $(wildcard .packaging/manual.lua lua/poolsleuth/*.lua scripts/*/*.lua) Makefile | $B/poolsleuth.so
	@rm -rf $B/share && mkdir -p $B/share/man/man1 $(foreach c,$(COMPLETIONS),$B/share/$(dir $(word 2,$(subst :, ,$c))))
	@$(TEST_ENV) $(LUA) .packaging/manual.lua $B/share $(SOURCE_DATE_EPOCH) $(COMPLETIONS)
	@touch $@

install: all manual install-lua
	install -Dm755 $B/poolsleuth "$(D)/bin/poolsleuth"
	install -Dm644 $B/libpoolsleuth.a "$(DESTDIR)$(LIBDIR)/libpoolsleuth.a"
	install -Dm755 $B/libpoolsleuth.so "$(DESTDIR)$(LIBDIR)/$(SHARED)"
	ln -sf $(SHARED) "$(DESTDIR)$(LIBDIR)/libpoolsleuth.so.0"
	ln -sf libpoolsleuth.so.0 "$(DESTDIR)$(LIBDIR)/libpoolsleuth.so"
	install -Dm755 $B/libpoolsleuth_host.so "$(DESTDIR)$(LIBDIR)/libpoolsleuth_host.so.$(VERSION)"
	ln -sf libpoolsleuth_host.so.$(VERSION) "$(DESTDIR)$(LIBDIR)/libpoolsleuth_host.so.0"
	ln -sf libpoolsleuth_host.so.0 "$(DESTDIR)$(LIBDIR)/libpoolsleuth_host.so"
	install -Dm644 core/include/poolsleuth.h "$(D)/include/poolsleuth.h"
	@install -d "$(DESTDIR)$(LIBDIR)/pkgconfig"
	@printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(LIBDIR)' 'Name: poolsleuth' \
	  'Description: Windows kernel pool leak analysis' 'Version: $(VERSION)' 'Cflags: -I"$${prefix}/include"' \
	  'Libs: -L"$${libdir}" -lpoolsleuth' 'Libs.private: $(LIBS)' >"$(DESTDIR)$(LIBDIR)/pkgconfig/poolsleuth.pc"
	@sed -e 's/^Name: .*/Name: poolsleuth_host/' -e 's/-lpoolsleuth/-lpoolsleuth_host/' -e '/^Libs.private/d' \
	  -e 's/^Description: .*/Description: poolsleuth with its scripts, in other programs/' \
	  "$(DESTDIR)$(LIBDIR)/pkgconfig/poolsleuth.pc" >"$(DESTDIR)$(LIBDIR)/pkgconfig/poolsleuth_host.pc"
	@chmod 644 "$(DESTDIR)$(LIBDIR)"/pkgconfig/poolsleuth.pc "$(DESTDIR)$(LIBDIR)"/pkgconfig/poolsleuth_host.pc
	$(call put,scripts,$(PREFIX)/share/poolsleuth/scripts,-name '*.lua')
	$(call put,plugins,$(PREFIX)/share/poolsleuth/plugins,-not -name '*_spec.lua' '(' -name '*.lua' -o -path '*/automation/*' ')')
	$(call put,$B/share,$(PREFIX)/share)

# The modules for stock Lua, and what they read.
install-lua: all
	install -Dm755 $B/poolsleuth.so "$(DESTDIR)$(LUALIB)/poolsleuth.so"
	$(call put,lua,$(LUADIR),-not -name '*.md')

uninstall:
	rm -f "$(D)/bin/poolsleuth" "$(DESTDIR)$(LIBDIR)/libpoolsleuth.a" "$(DESTDIR)$(LIBDIR)"/libpoolsleuth.so* \
	  "$(DESTDIR)$(LIBDIR)"/libpoolsleuth_host.so* "$(DESTDIR)$(LUALIB)/poolsleuth.so" "$(D)/include/poolsleuth.h" \
	  "$(DESTDIR)$(LIBDIR)"/pkgconfig/poolsleuth.pc "$(DESTDIR)$(LIBDIR)"/pkgconfig/poolsleuth_host.pc \
	  "$(D)"/share/man/man1/poolsleuth.1 "$(D)"/share/man/man1/poolsleuth-*.1
	rm -f $(foreach c,$(COMPLETIONS),"$(D)/share/$(word 2,$(subst :, ,$c))")
	rm -rf "$(DESTDIR)$(LUADIR)/poolsleuth" "$(D)/share/poolsleuth"

# Debian packages, in build/deb.
deb: $(FIRST)
	.packaging/deb.sh build/deb $(VERSION)

# $(call debian,PACKAGES): install those that are missing, saying which.
debian = @missing=$$(for p in $1; do \
	  [ "$$(dpkg-query -W -f='$${db:Status-Status}' $$p 2>/dev/null | cut -c1-9)" = installed ] || printf ' %s' $$p; done); \
	[ -n "$$missing" ] || exit 0; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	command -v apt-get >/dev/null || { echo "no apt-get here; install by hand:$$missing" >&2; exit 1; }; \
	[ -z "$$sudo" ] || command -v sudo >/dev/null || { echo "run as root: apt-get install$$missing" >&2; exit 1; }; \
	echo "installing:$$missing"; \
	$$sudo apt-get -qq update && \
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $$missing

deps:
	$(call debian,$(DEPS))
deps-dev: $(filter deps,$(FIRST))
	$(call debian,$(DEPS) $(DEPS_DEV))

clean:
	rm -rf build

.PHONY: all built fixtures check test surface check-long check-sanitised check-memory asan oom valgrind fuzz fuzz-minutes fuzz-keep fuzzers \
        bench demo lint lint-format lint-lua lint-cppcheck lint-tidy lint-gcc manual install install-lua uninstall deb docs \
        deps deps-dev clean always
.SECONDARY:
.DELETE_ON_ERROR:
-include $(patsubst %.o,%.d,$(call obj,$(CORE) $(BIND) $(CLI) $(wildcard tests/*/*.c tests/*/*/*.c)))
