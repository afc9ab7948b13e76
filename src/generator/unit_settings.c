/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>

#include "config/value/unit_setting.h"
#include "generator/unit.h"

/* The value is one line by unit_setting_value_fits(); a percent sign would begin a specifier. */
static void put(FILE *out, const Setting *setting) {
        fprintf(out, "%s=", setting->key);
        for (const char *p = setting->value; *p; p++)
                fputs(*p == '%' ? "%%" : (char[]){ *p, '\0' }, out);
        fputc('\n', out);
}

/* The defaults were read last, and count least. */
static void put_all(FILE *out, const SettingList *list, bool of_unit) {
        static const bool defaults_first[] = { true, false };
        bool any = false;

        for (size_t pass = 0; pass < ELEMENTSOF(defaults_first); pass++)
                for (size_t i = 0; i < list->n_items; i++) {
                        const Setting *setting = &list->items[i];

                        if (setting->is_default != defaults_first[pass] ||
                                        unit_setting_is_of_unit(setting->key) != of_unit)
                                continue;

                        if (!any)
                                fputs(of_unit ? "[Unit]\n" : "[Service]\n", out);
                        any = true;
                        put(out, setting);
                }
}

int unit_settings(const PoolConfig *config, char **ret) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        FILE *out;

        *ret = NULL;
        if (config->unit_settings.n_items == 0)
                return 0;

        out = open_memstream(&text, &size);
        if (!out)
                return -ENOMEM;

        fprintf(out,
                        "# Made by fpmd-generator(8) from systemd.KEY = value of the pool %s. Change the pool file, "
                        "then run\n# systemctl daemon-reload && systemctl restart fpmd@%s.service\n",
                        config->name, config->name);
        put_all(out, &config->unit_settings, true);
        put_all(out, &config->unit_settings, false);
        if (fclose(out) != 0)
                return -ENOMEM;

        *ret = TAKE_PTR(text);
        return 0;
}
