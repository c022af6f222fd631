/* instrument BITCODE OBJECT: compiles LLVM bitcode with ThreadSanitizer's instrumentation.
 *
 * The standard library comes compiled, without instrumentation, but its bitcode comes with it, for
 * optimising across crates. rustc brings LLVM as a shared library; its C interface is the same in
 * each version, and is declared here because its headers are not there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct object *ref;

extern ref LLVMContextCreate(void);
extern int LLVMCreateMemoryBufferWithContentsOfFile(const char *path, ref *buffer, char **error);
extern int LLVMParseBitcodeInContext2(ref context, ref buffer, ref *module);
extern ref LLVMGetFirstFunction(ref module);
extern ref LLVMGetNextFunction(ref function);
extern int LLVMIsDeclaration(ref function);
extern unsigned LLVMGetEnumAttributeKindForName(const char *name, size_t length);
extern ref LLVMCreateEnumAttribute(ref context, unsigned kind, unsigned long long value);
extern void LLVMAddAttributeAtIndex(ref function, unsigned index, ref attribute);
extern const char *LLVMGetTarget(ref module);
extern void LLVMInitializeX86TargetInfo(void);
extern void LLVMInitializeX86Target(void);
extern void LLVMInitializeX86TargetMC(void);
extern void LLVMInitializeX86AsmPrinter(void);
extern int LLVMGetTargetFromTriple(const char *triple, ref *target, char **error);
extern ref LLVMCreateTargetMachine(ref target, const char *triple, const char *processor,
                                   const char *features, int level, int relocation, int code_model);
extern ref LLVMCreatePassBuilderOptions(void);
extern ref LLVMRunPasses(ref module, const char *passes, ref machine, ref options);
extern char *LLVMGetErrorMessage(ref error);
extern int LLVMTargetMachineEmitToFile(ref machine, ref module, const char *path, int kind,
                                       char **error);

enum { FUNCTION = -1, LEVEL_LESS = 1, RELOCATION_PIC = 2, CODE_MODEL_DEFAULT = 0, OBJECT_FILE = 1 };

static void need(int is_right, const char *what, const char *error)
{
    if (!is_right) {
        fprintf(stderr, "instrument: %s: %s\n", what, error ? error : "");
        exit(1);
    }
}

int main(int count, char **arguments)
{
    static const char name[] = "sanitize_thread";
    ref context = LLVMContextCreate();
    ref buffer, module, target, machine, error, function, attribute;
    char *why = NULL;
    const char *triple;

    need(count == 3, "usage", "instrument BITCODE OBJECT");
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    need(!LLVMCreateMemoryBufferWithContentsOfFile(arguments[1], &buffer, &why), "read", why);
    need(!LLVMParseBitcodeInContext2(context, buffer, &module), "parse", arguments[1]);

    /* The pass leaves alone what does not ask for it. */
    attribute = LLVMCreateEnumAttribute(
        context, LLVMGetEnumAttributeKindForName(name, strlen(name)), 0);
    for (function = LLVMGetFirstFunction(module); function;
         function = LLVMGetNextFunction(function))
        if (!LLVMIsDeclaration(function))
            LLVMAddAttributeAtIndex(function, (unsigned)FUNCTION, attribute);

    triple = LLVMGetTarget(module);
    need(!LLVMGetTargetFromTriple(triple, &target, &why), "target", why);
    machine = LLVMCreateTargetMachine(target, triple, "x86-64", "", LEVEL_LESS, RELOCATION_PIC,
                                      CODE_MODEL_DEFAULT);
    error = LLVMRunPasses(module, "tsan-module,function(tsan)", machine,
                          LLVMCreatePassBuilderOptions());
    need(error == NULL, "instrument", error ? LLVMGetErrorMessage(error) : NULL);
    need(!LLVMTargetMachineEmitToFile(machine, module, arguments[2], OBJECT_FILE, &why), "write",
         why);
    return 0;
}
