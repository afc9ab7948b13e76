/* SPDX-License-Identifier: MIT */
#include "config/value/unit_setting.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "config/value/syntax.h"

enum {
        VALUE_BYTES_MAX = 64 * 1024, /* systemd refuses a whole file for one line of a megabyte */
};

#define WHO                                                                                        \
        "the manager is root, and gives its workers the user, group and folders of the pool file"
#define WHAT "it is fpmd that runs, the way the shipped unit says"
#define FDS "the manager gets the sockets of its socket unit, and no others"
#define ENDING "the manager ends its workers itself; signals would cost requests"
#define FOLDERS "the manager looks for its folders under these names"
#define CAPS                                                                                       \
        "the manager needs these to become the pool's user; hardened.conf is for a pool that does without"

/* What would make the process another one, or take from the manager what it relies on. */
static const struct {
        const char *key, *reason;
} refused[] = {
        { "User", WHO },
        { "Group", WHO },
        { "SupplementaryGroups", WHO },
        { "DynamicUser", WHO },
        { "PrivateUsers", WHO },
        { "PAMName", WHO },
        { "SetLoginEnvironment", WHO },
        { "RootDirectory", "write chroot = DIRECTORY" },
        { "RootDirectoryStartOnly", "write chroot = DIRECTORY" },
        { "RootImage", "write chroot = DIRECTORY" },
        { "RootImageOptions", "write chroot = DIRECTORY" },
        { "RootHash", "write chroot = DIRECTORY" },
        { "RootHashSignature", "write chroot = DIRECTORY" },
        { "RootVerity", "write chroot = DIRECTORY" },
        { "RootEphemeral", "write chroot = DIRECTORY" },
        { "WorkingDirectory", "write chdir = DIRECTORY" },
        { "NoNewPrivileges", "write no_new_privileges = yes" },
        { "CapabilityBoundingSet", CAPS },
        { "AmbientCapabilities", CAPS },
        { "SecureBits", CAPS },
        { "PermissionsStartOnly", CAPS },
        { "Type", WHAT },
        { "ExitType", WHAT },
        { "NotifyAccess", WHAT },
        { "GuessMainPID", WHAT },
        { "RemainAfterExit", WHAT },
        { "PIDFile", WHAT },
        { "BusName", WHAT },
        { "ExecCondition", WHAT },
        { "ExecStartPre", WHAT },
        { "ExecStart", WHAT },
        { "ExecStartPost", WHAT },
        { "ExecReload", WHAT },
        { "ExecStop", WHAT },
        { "ExecStopPost", WHAT },
        { "ExecSearchPath", WHAT },
        { "ReloadSignal", WHAT },
        { "SourcePath", WHAT },
        { "Sockets", FDS },
        { "NonBlocking", FDS },
        { "OpenFile", FDS },
        { "FileDescriptorStoreMax", FDS },
        { "FileDescriptorStorePreserve", FDS },
        { "USBFunctionDescriptors", FDS },
        { "USBFunctionStrings", FDS },
        { "StandardInput", FDS },
        { "StandardInputText", FDS },
        { "StandardInputData", FDS },
        { "KillMode", ENDING },
        { "KillSignal", ENDING },
        { "RestartKillSignal", ENDING },
        { "FinalKillSignal", ENDING },
        { "WatchdogSignal", ENDING },
        { "SendSIGHUP", ENDING },
        { "SendSIGKILL", ENDING },
        { "RestartPreventExitStatus",
                        "the exit statuses of fpmd(8) mean what the shipped unit says" },
        { "RestartForceExitStatus",
                        "the exit statuses of fpmd(8) mean what the shipped unit says" },
        { "SuccessExitStatus", "the exit statuses of fpmd(8) mean what the shipped unit says" },
        { "RuntimeDirectory", FOLDERS },
        { "RuntimeDirectoryMode", FOLDERS },
        { "RuntimeDirectoryPreserve", FOLDERS },
        { "LogsDirectory", FOLDERS },
        { "CacheDirectory", FOLDERS },
        { "SyslogIdentifier", "fpmctl slow and the catalog look for fpmd" },
        { "LogNamespace", "fpmctl slow looks into the journal of the machine" },
        { "Alias", "[Install] is for systemctl enable, before any pool file is read" },
        { "Also", "[Install] is for systemctl enable, before any pool file is read" },
        { "WantedBy", "[Install] is for systemctl enable, before any pool file is read" },
        { "RequiredBy", "[Install] is for systemctl enable, before any pool file is read" },
        { "ListenStream", "write listen = ADDRESS" },
        { "SocketUser", "write listen.owner = USER" },
        { "SocketGroup", "write listen.group = GROUP" },
        { "SocketMode", "write listen.mode = MODE" },
        { "Backlog", "write listen.backlog = NUMBER" },
};

#undef WHO
#undef WHAT
#undef FDS
#undef ENDING
#undef FOLDERS
#undef CAPS

/* clang-format off */
static const char *const unit_keys[] = {
        "After", "AllowIsolate", "AssertACPower", "AssertArchitecture", "AssertCPUFeature", "AssertCPUPressure",
        "AssertCPUs", "AssertCapability", "AssertControlGroupController", "AssertCredential",
        "AssertDirectoryNotEmpty", "AssertEnvironment", "AssertFileIsExecutable", "AssertFileNotEmpty",
        "AssertGroup", "AssertHost", "AssertIOPressure", "AssertKernelCommandLine", "AssertKernelVersion",
        "AssertMemory", "AssertMemoryPressure", "AssertNeedsUpdate", "AssertOSRelease", "AssertPathExists",
        "AssertPathExistsGlob", "AssertPathIsDirectory", "AssertPathIsEncrypted", "AssertPathIsMountPoint",
        "AssertPathIsReadWrite", "AssertPathIsSymbolicLink", "AssertSecurity", "AssertUser",
        "AssertVirtualization", "Before", "BindsTo", "CollectMode", "ConditionACPower", "ConditionArchitecture",
        "ConditionCPUFeature", "ConditionCPUPressure", "ConditionCPUs", "ConditionCapability",
        "ConditionControlGroupController", "ConditionCredential", "ConditionDirectoryNotEmpty",
        "ConditionEnvironment", "ConditionFileIsExecutable", "ConditionFileNotEmpty", "ConditionFirmware",
        "ConditionFirstBoot", "ConditionGroup", "ConditionHost", "ConditionIOPressure",
        "ConditionKernelCommandLine", "ConditionKernelModuleLoaded", "ConditionKernelVersion",
        "ConditionMemory", "ConditionMemoryPressure", "ConditionNeedsUpdate", "ConditionOSRelease",
        "ConditionPathExists", "ConditionPathExistsGlob", "ConditionPathIsDirectory", "ConditionPathIsEncrypted",
        "ConditionPathIsMountPoint", "ConditionPathIsReadWrite", "ConditionPathIsSocket",
        "ConditionPathIsSymbolicLink", "ConditionSecurity", "ConditionUser", "ConditionVersion",
        "ConditionVirtualization", "Conflicts", "DefaultDependencies", "Description", "Documentation",
        "FailureAction", "FailureActionExitStatus", "IgnoreOnIsolate", "JobRunningTimeoutSec",
        "JobTimeoutAction", "JobTimeoutRebootArgument", "JobTimeoutSec", "JoinsNamespaceOf", "OnFailure",
        "OnFailureJobMode", "OnSuccess", "OnSuccessJobMode", "PartOf", "PropagatesReloadTo",
        "PropagatesStopTo", "RebootArgument", "RefuseManualStart", "RefuseManualStop", "ReloadPropagatedFrom",
        "Requires", "RequiresMountsFor", "Requisite", "StartLimitAction", "StartLimitBurst",
        "StartLimitIntervalSec", "StopPropagatedFrom", "StopWhenUnneeded", "SuccessAction",
        "SuccessActionExitStatus", "SurviveFinalKillSignal", "Upholds", "Wants", "WantsMountsFor",
};

static const char *const service_keys[] = {
        "AllowedCPUs", "AllowedMemoryNodes", "AppArmorProfile", "BPFProgram", "BindPaths", "BindReadOnlyPaths",
        "CPUAccounting", "CPUAffinity", "CPUQuota", "CPUQuotaPeriodSec", "CPUSchedulingPolicy",
        "CPUSchedulingPriority", "CPUSchedulingResetOnFork", "CPUWeight", "CacheDirectoryMode",
        "ConfigurationDirectory", "ConfigurationDirectoryMode", "CoredumpFilter", "CoredumpReceive",
        "DefaultMemoryLow", "DefaultMemoryMin", "DefaultStartupMemoryLow", "Delegate", "DelegateSubgroup",
        "DeviceAllow", "DevicePolicy", "DisableControllers", "Environment", "EnvironmentFile", "ExecPaths",
        "ExtensionDirectories", "ExtensionImages", "IOAccounting", "IODeviceLatencyTargetSec", "IODeviceWeight",
        "IOReadBandwidthMax", "IOReadIOPSMax", "IOSchedulingClass", "IOSchedulingPriority", "IOWeight",
        "IOWriteBandwidthMax", "IOWriteIOPSMax", "IPAccounting", "IPAddressAllow", "IPAddressDeny",
        "IPCNamespacePath", "IPEgressFilterPath", "IPIngressFilterPath", "IgnoreSIGPIPE", "ImportCredential",
        "InaccessiblePaths", "KeyringMode", "LimitAS", "LimitCORE", "LimitCPU", "LimitDATA", "LimitFSIZE",
        "LimitLOCKS", "LimitMEMLOCK", "LimitMSGQUEUE", "LimitNICE", "LimitNOFILE", "LimitNPROC", "LimitRSS",
        "LimitRTPRIO", "LimitRTTIME", "LimitSIGPENDING", "LimitSTACK", "LoadCredential",
        "LoadCredentialEncrypted", "LockPersonality", "LogExtraFields", "LogFilterPatterns", "LogLevelMax",
        "LogRateLimitBurst", "LogRateLimitIntervalSec", "LogsDirectoryMode", "ManagedOOMMemoryPressure",
        "ManagedOOMMemoryPressureDurationSec", "ManagedOOMMemoryPressureLimit", "ManagedOOMPreference",
        "ManagedOOMSwap", "MemoryAccounting", "MemoryDenyWriteExecute", "MemoryHigh", "MemoryKSM", "MemoryLow",
        "MemoryMax", "MemoryMin", "MemoryPressureThresholdSec", "MemoryPressureWatch", "MemorySwapMax",
        "MemoryZSwapMax", "MemoryZSwapWriteback", "MountAPIVFS", "MountFlags", "MountImages", "NFTSet",
        "NUMAMask", "NUMAPolicy", "NetworkNamespacePath", "Nice", "NoExecPaths", "OOMPolicy", "OOMScoreAdjust",
        "PassEnvironment", "Personality", "PrivateDevices", "PrivateIPC", "PrivateMounts", "PrivateNetwork",
        "PrivatePIDs", "PrivateTmp", "ProcSubset", "ProtectClock", "ProtectControlGroups", "ProtectHome",
        "ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables", "ProtectProc",
        "ProtectSystem", "ReadOnlyPaths", "ReadWritePaths", "RemoveIPC", "Restart", "RestartMaxDelaySec",
        "RestartMode", "RestartSec", "RestartSteps", "RestrictAddressFamilies", "RestrictFileSystems",
        "RestrictNamespaces", "RestrictNetworkInterfaces", "RestrictRealtime", "RestrictSUIDSGID",
        "RuntimeMaxSec", "RuntimeRandomizedExtraSec", "SELinuxContext", "SetCredential",
        "SetCredentialEncrypted", "Slice", "SmackProcessLabel", "SocketBindAllow", "SocketBindDeny",
        "StandardError", "StandardOutput", "StartupAllowedCPUs", "StartupAllowedMemoryNodes",
        "StartupCPUWeight", "StartupIOWeight", "StartupMemoryHigh", "StartupMemoryLow", "StartupMemoryMax",
        "StartupMemorySwapMax", "StartupMemoryZSwapMax", "StateDirectory", "StateDirectoryMode",
        "SyslogFacility", "SyslogLevel", "SyslogLevelPrefix", "SystemCallArchitectures", "SystemCallErrorNumber",
        "SystemCallFilter", "SystemCallLog", "TTYColumns", "TTYPath", "TTYReset", "TTYRows", "TTYVHangup",
        "TTYVTDisallocate", "TasksAccounting", "TasksMax", "TemporaryFileSystem", "TimeoutAbortSec",
        "TimeoutCleanSec", "TimeoutSec", "TimeoutStartFailureMode", "TimeoutStartSec",
        "TimeoutStopFailureMode", "TimeoutStopSec", "TimerSlackNSec", "UMask", "UnsetEnvironment",
        "UtmpIdentifier", "UtmpMode", "WatchdogSec",
};
/* clang-format on */

static const char *find(const char *const keys[], size_t n, const char *key) {
        for (size_t i = 0; i < n; i++)
                if (strcasecmp(keys[i], key) == 0)
                        return keys[i];

        return NULL;
}

bool unit_setting_is_of_unit(const char *key) {
        return find(unit_keys, ELEMENTSOF(unit_keys), key);
}

const char *unit_setting_key(const char *key, char why[static UNIT_SETTING_WHY_MAX]) {
        const char *found = find(service_keys, ELEMENTSOF(service_keys), key);

        if (!found)
                found = find(unit_keys, ELEMENTSOF(unit_keys), key);
        if (found)
                return found;

        for (size_t i = 0; i < ELEMENTSOF(refused); i++)
                if (strcasecmp(refused[i].key, key) == 0) {
                        snprintf(why, UNIT_SETTING_WHY_MAX, "cannot be set here: %s",
                                        refused[i].reason);
                        return NULL;
                }

        snprintf(why, UNIT_SETTING_WHY_MAX,
                        "'%.80s' is none of the settings of [Service] and [Unit] that fpmd knows; "
                        "systemctl edit can set any",
                        key);
        return NULL;
}

const char *unit_setting_refused(size_t i, const char **ret_reason) {
        if (i >= ELEMENTSOF(refused))
                return NULL;

        *ret_reason = refused[i].reason;
        return refused[i].key;
}

/* Bytes of well-formed UTF-8 as far as their number goes, which is what systemd's own check cannot do without. */
static bool is_utf8(const char *text) {
        for (const unsigned char *p = (const unsigned char *) text; *p;) {
                size_t more = *p < 0x80                 ? 0
                              : *p >= 0xc2 && *p < 0xe0 ? 1
                              : *p >= 0xe0 && *p < 0xf0 ? 2
                              : *p >= 0xf0 && *p < 0xf5 ? 3
                                                        : 4;

                if (more > 3)
                        return false;
                for (p++; more > 0; more--, p++)
                        if ((*p & 0xc0) != 0x80)
                                return false;
        }

        return true;
}

bool unit_setting_value_fits(const char *value, char why[static UNIT_SETTING_WHY_MAX]) {
        size_t size = strlen(value);
        const char *text = NULL;

        if (syntax_has_control_byte(value))
                text = "contains a control character";
        else if (size > VALUE_BYTES_MAX)
                text = "is longer than 64 KiB";
        else if (size > 0 && value[size - 1] == '\\')
                text = "ends with a backslash, which would join it with the next line of the unit";
        else if (!is_utf8(value))
                text = "is not UTF-8, which systemd would pass over";

        if (text)
                snprintf(why, UNIT_SETTING_WHY_MAX, "%s", text);
        return !text;
}
