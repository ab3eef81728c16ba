# make            the program, the libraries and the Lua module, into build/
# make deps       install what building, the demo and the tests need (Debian packages)
# make deps-dev   install what linting needs on top
# make demo       build sample evidence and find its leaking driver
# make check      every test        make check-long  the same, fuzzers longer
# make bench      figures against peers
# make lint       every static checker      make asan   the tests, sanitised
# make fuzz TIME=60                         make valgrind
# make install PREFIX=/usr/local DESTDIR=   make uninstall   make clean

PREFIX ?= /usr/local
B      ?= build
CC     ?= cc
LUA    ?= lua5.4
CFLAGS ?= -O2 -g
TIME   ?= 5

LUA_CFLAGS := $(shell pkg-config --cflags lua5.4 2>/dev/null)
LUA_LIBS   := $(shell pkg-config --libs lua5.4 2>/dev/null)
LIBS       := -lZydis -lcrypto -lpthread -lm

WARN  = -Wall -Wextra -Werror -Wpedantic -Wconversion -Wshadow -Wundef -Wvla -Wcast-qual \
        -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wdouble-promotion
FLAGS = -std=c11 $(WARN) -fPIC -fvisibility=hidden -ffile-prefix-map=$(CURDIR)=. -MMD -MP \
        -Icore/include -Icore

# The layers: core never sees Lua.  Only bind/ and cli/ are given Lua's include path.
CORE := $(filter-out core/bind/% core/cli/%,$(wildcard core/*/*.c))
BIND := $(wildcard core/bind/*.c)
CLI  := $(wildcard core/cli/*.c)
obj   = $(patsubst %.c,$B/obj/%.o,$1)

all: $B/poolsleuth $B/libpoolsleuth.a $B/libpoolsleuth.so $B/poolsleuth.so

$B/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(FLAGS) $(CFLAGS) -c $< -o $@
$(call obj,$(BIND) $(CLI)): FLAGS += $(LUA_CFLAGS)

$B/libpoolsleuth.a: $(call obj,$(CORE))
	@rm -f $@
	$(AR) rcs $@ $^

$B/libpoolsleuth.so: $(call obj,$(CORE))
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,libpoolsleuth.so.0 $^ $(LIBS) -o $@

# A Lua module must not link Lua itself: the interpreter brings it.
$B/poolsleuth.so: $(call obj,$(BIND)) $B/libpoolsleuth.a
	$(CC) $(CFLAGS) $(LDFLAGS) -shared $^ $(LIBS) -o $@

# -E: Lua modules from elsewhere (lfs, rex_pcre2) find Lua in the program.
$B/poolsleuth: $(call obj,$(CLI) $(BIND)) $B/libpoolsleuth.a
	$(CC) $(CFLAGS) $(LDFLAGS) -Wl,-E $^ $(LIBS) $(LUA_LIBS) -ldl -o $@

clean:
	rm -rf build

.PHONY: all clean
-include $(patsubst %.o,%.d,$(call obj,$(CORE) $(BIND) $(CLI)))
