# A 64 KiB BIOS that tells a KVM that works from one that only opens: make with `as` and `objcopy -O binary`, LOOPS defined.
#
# It goes from real through protected to long mode, counts LOOPS down in each of the last two, and leaves through
# isa-debug-exit, so that QEMU's exit code is 33. Where KVM emulates such modes instruction by instruction (nested guests
# without hardware help do), the count takes minutes, and where the CPU model cannot be had, QEMU aborts: both are "no".
        .code16
        .text
        .org 0
start:  cli
        lgdtl   %cs:gdtp - start
        mov     %cr0, %eax
        or      $1, %al
        mov     %eax, %cr0
        ljmpl   $8, $0xF0000 + protected - start

        .code32
protected:
        mov     $16, %ax
        mov     %ax, %ds
        mov     %ax, %es
        mov     %ax, %ss
        mov     $LOOPS, %ecx
1:      dec     %ecx
        jnz     1b
        # identity-mapped 2 MiB: page tables from 0x1000 to 0x3fff
        mov     $0x1000, %edi
        xor     %eax, %eax
        mov     $3072, %ecx
        rep     stosl
        movl    $0x2003, 0x1000
        movl    $0x3003, 0x2000
        movl    $0x83, 0x3000
        mov     $0x1000, %eax
        mov     %eax, %cr3
        mov     %cr4, %eax
        or      $0x20, %eax             # PAE
        mov     %eax, %cr4
        mov     $0xC0000080, %ecx       # EFER
        rdmsr
        or      $0x100, %eax            # LME
        wrmsr
        mov     %cr0, %eax
        or      $0x80000000, %eax       # PG
        mov     %eax, %cr0
        ljmp    $24, $0xF0000 + long - start

        .code64
long:   mov     $LOOPS, %rcx
2:      dec     %rcx
        jnz     2b
        mov     $0x10, %al
        mov     $0xf4, %dx
        out     %al, %dx                # isa-debug-exit: 2 * 0x10 + 1 = 33
3:      hlt
        jmp     3b

        .align  8
gdt:    .quad   0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00af9b000000ffff
gdtp:   .word   31
        .long   0xF0000 + gdt - start

        .org    0xfff0                  # the reset vector
        .code16
        ljmp    $0xf000, $0
        .org    0xffff
        .byte   0
