# SPDX-License-Identifier: MIT
# The engine for one PHP: what of the PHP side sees PHP's headers, as a shared object that preload.so loads into that
# PHP's php-fpm. Makefile calls this for each SIDE, which is X.Y:PHP-CONFIG:PROGRAM.

side := $(subst :, ,$(SIDE))
version := $(word 1,$(side))
php_config := $(word 2,$(side))
program := $(word 3,$(side))
out := php/$(version)
into := $(DIR)/$(version)

# As the system's headers, so that they do not warn. The folder of main/ has a fastcgi.h that would hide libfcgi's, so
# only these files get to see it.
includes := -I. -Isrc $(subst -I,-isystem ,$(shell $(php_config) --includes))

objects := $(patsubst %.c,$(out)/%.o,$(SOURCES))
# Debian's folders are /etc/php/X.Y/SAPI; elsewhere all SAPIs have one.
ini_dir := $(patsubst %/cli,%/fpm,$(patsubst %/,%,$(shell $(php_config) --ini-path)))

say = $(if $(filter 1,$(V)),,@printf '  %-8s %s\n' $(1) $@;)
# -pthread defines _REENTRANT, by which basic_globals of PHP gets another layout.
compile = $(CC) $(CPPFLAGS) $(includes) $(filter-out -pthread,$(CFLAGS)) -MMD -MP
link = $(CC) $(CFLAGS) -shared $(LDFLAGS) -Wl,-Bsymbolic

.PHONY: engine tests install uninstall
.SECONDARY:
engine: $(out)/engine.so

$(out)/%.o: $(srcdir)/%.c Makefile
	$(call say,CC)mkdir -p $(@D) && $(compile) -c -o $@ $<

$(out)/engine.so: $(objects) $(LIBS) $(srcdir)/src/php/engine.ld
	$(call say,CCLD)$(link) -o $@.tmp $(objects) $(LIBS) $(SYSTEM_LIBS) && mv $@.tmp $@

# A test is a shared object that has fpmd_php_main() as the engine has, and a script that runs it.
scripts := $(patsubst %.c,$(out)/%,$(notdir $(TESTS)))
tests: $(scripts)

$(out)/test-%.so: $(out)/tests/unit/test-%.o $(objects) $(LIBS)
	$(call say,CCLD)$(link) -o $@.tmp $< $(filter-out $(out)/src/php/main.o,$(objects)) $(LIBS) \
		$(CHECK_LIBS) $(SYSTEM_LIBS) && mv $@.tmp $@

$(out)/test-%: $(out)/test-%.so Makefile
	$(call say,GEN){ echo '#!/bin/sh'; \
		echo 'FPMD_ENGINE=$(CURDIR)/$< LD_PRELOAD=$(PRELOAD) exec $(program) --fpmd "$$@"'; } >$@.tmp && \
		chmod +x $@.tmp && mv $@.tmp $@

# The manager finds by the links what to execute, where the php.ini of its php-fpm is, and what packages replace.
install: $(out)/engine.so
	mkdir -p $(into)
	$(INSTALL_PROGRAM) $< $(into)/engine.so
	ln -sfn $(program) $(into)/php-fpm
	ln -sfn $(ini_dir) $(into)/ini
	ln -sfn $(shell $(php_config) --extension-dir) $(into)/extensions

uninstall:
	rm -f $(into)/engine.so $(into)/php-fpm $(into)/ini $(into)/extensions
	-rmdir $(into) 2>/dev/null

-include $(wildcard $(out)/src/php/*.d $(out)/src/php/*/*.d $(out)/src/php/*/*/*.d $(out)/tests/unit/*.d)
