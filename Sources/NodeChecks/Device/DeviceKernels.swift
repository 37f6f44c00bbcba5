/// The kernels of device checks, as PTX text, which the driver translates for the device at hand.
/// The text asks for PTX 6.4 and `sm_70`, so that every driver from 2019 on takes it and every
/// device from Volta on runs it; only 64-bit addresses and plain instructions are in it.
///
/// `muster_fill` and `muster_verify` work with the pattern of `cnodechecks_fill`, so that host and
/// device can check each other.
enum DeviceKernels {
    /// The functions, in the order in which they are asked for.
    static let names = ["muster_fill", "muster_verify", "muster_compare", "muster_multiply"]

    /// The side of the tile that one block of the multiplication makes; sizes are multiples of it.
    static let tile = 64
    /// How many columns of the left matrix a block takes at a time.
    private static let depth = 16

    /// All of them.
    static let text =
        """
        .version 6.4
        .target sm_70
        .address_size 64

        """ + fill + verify + compare + multiply

    /// The place of this thread in `%rd0` and how many threads there are in `%rd1`.
    private static let places = """
            mov.u32 %r0, %ctaid.x;
            mov.u32 %r1, %ntid.x;
            mov.u32 %r2, %tid.x;
            mad.wide.u32 %rd0, %r0, %r1, 0;
            cvt.u64.u32 %rd1, %r2;
            add.u64 %rd0, %rd0, %rd1;
            mov.u32 %r3, %nctaid.x;
            mul.wide.u32 %rd1, %r3, %r1;

        """

    /// The pattern of the word at `%rd0` with the seed in `%r4`, into `%r5`.
    private static let pattern = """
            cvt.u32.u64 %r5, %rd0;
            mul.lo.u32 %r5, %r5, 0x9E3779B1;
            xor.b32 %r5, %r5, %r4;
            shr.u32 %r6, %r5, 15;
            xor.b32 %r5, %r5, %r6;

        """

    /// Counts and the first place of what differs, in two 64-bit words at `%rd4`.
    private static let note = """
            atom.global.add.u64 %rd6, [%rd4], 1;
            add.u64 %rd7, %rd4, 8;
            atom.global.min.u64 %rd6, [%rd7], %rd0;

        """

    /// `muster_fill(words, count, seed)`.
    private static let fill =
        """
        .visible .entry muster_fill(
            .param .u64 words, .param .u64 count, .param .u32 seed)
        {
            .reg .pred %p<2>;
            .reg .b32 %r<8>;
            .reg .b64 %rd<8>;

        """ + places + """
                ld.param.u64 %rd2, [words];
                ld.param.u64 %rd3, [count];
                ld.param.u32 %r4, [seed];
                cvta.to.global.u64 %rd2, %rd2;
            fill_next:
                setp.ge.u64 %p0, %rd0, %rd3;
                @%p0 bra fill_end;

            """ + pattern + """
                shl.b64 %rd5, %rd0, 2;
                add.u64 %rd5, %rd2, %rd5;
                st.global.u32 [%rd5], %r5;
                add.u64 %rd0, %rd0, %rd1;
                bra fill_next;
            fill_end:
                ret;
            }

            """

    /// `muster_verify(words, count, seed, found)`.
    private static let verify =
        """
        .visible .entry muster_verify(
            .param .u64 words, .param .u64 count, .param .u32 seed, .param .u64 found)
        {
            .reg .pred %p<2>;
            .reg .b32 %r<8>;
            .reg .b64 %rd<8>;

        """ + places + """
                ld.param.u64 %rd2, [words];
                ld.param.u64 %rd3, [count];
                ld.param.u32 %r4, [seed];
                ld.param.u64 %rd4, [found];
                cvta.to.global.u64 %rd2, %rd2;
                cvta.to.global.u64 %rd4, %rd4;
            verify_next:
                setp.ge.u64 %p0, %rd0, %rd3;
                @%p0 bra verify_end;

            """ + pattern + """
                shl.b64 %rd5, %rd0, 2;
                add.u64 %rd5, %rd2, %rd5;
                ld.global.u32 %r7, [%rd5];
                setp.eq.u32 %p1, %r7, %r5;
                @%p1 bra verify_right;

            """ + note + """
            verify_right:
                add.u64 %rd0, %rd0, %rd1;
                bra verify_next;
            verify_end:
                ret;
            }

            """

    /// `muster_compare(words, count, others, found)`.
    private static let compare =
        """
        .visible .entry muster_compare(
            .param .u64 words, .param .u64 count, .param .u64 others, .param .u64 found)
        {
            .reg .pred %p<2>;
            .reg .b32 %r<8>;
            .reg .b64 %rd<10>;

        """ + places + """
                ld.param.u64 %rd2, [words];
                ld.param.u64 %rd3, [count];
                ld.param.u64 %rd8, [others];
                ld.param.u64 %rd4, [found];
                cvta.to.global.u64 %rd2, %rd2;
                cvta.to.global.u64 %rd8, %rd8;
                cvta.to.global.u64 %rd4, %rd4;
            compare_next:
                setp.ge.u64 %p0, %rd0, %rd3;
                @%p0 bra compare_end;
                shl.b64 %rd5, %rd0, 2;
                add.u64 %rd9, %rd8, %rd5;
                add.u64 %rd5, %rd2, %rd5;
                ld.global.u32 %r5, [%rd5];
                ld.global.u32 %r7, [%rd9];
                setp.eq.u32 %p1, %r7, %r5;
                @%p1 bra compare_right;

            """ + note + """
            compare_right:
                add.u64 %rd0, %rd0, %rd1;
                bra compare_next;
            compare_end:
                ret;
            }

            """

    // MARK: Multiplication

    /// `muster_multiply(left, right, product, size)`: square matrices of FP32 by columns.
    ///
    /// A block of 256 threads makes a tile of 64 × 64, each thread 4 × 4 of it. 16 columns of the
    /// left and 16 rows of the right matrix at a time are brought into shared memory.
    private static let multiply = head + bring + inner + end

    private static let head = """
        .visible .entry muster_multiply(
            .param .u64 left, .param .u64 right, .param .u64 product, .param .u32 size)
        {
            .reg .pred %p<2>;
            .reg .b32 %r<24>;
            .reg .b64 %rd<24>;
            .reg .f32 %f<40>;
            .shared .align 16 .b8 tiles[8192];
            ld.param.u64 %rd0, [left];
            ld.param.u64 %rd1, [right];
            ld.param.u64 %rd2, [product];
            ld.param.u32 %r0, [size];
            cvta.to.global.u64 %rd0, %rd0;
            cvta.to.global.u64 %rd1, %rd1;
            cvta.to.global.u64 %rd2, %rd2;
            mov.u32 %r1, %tid.x;
            mov.u32 %r2, %ctaid.x;
            mov.u32 %r3, %ctaid.y;
            shl.b32 %r2, %r2, 6;
            shl.b32 %r3, %r3, 6;
            and.b32 %r4, %r1, 15;
            shr.u32 %r5, %r1, 4;
            mov.u32 %r6, tiles;
            mov.u32 %r7, 0;

        """ + (0..<16).map { "    mov.f32 %f\($0), 0f00000000;\n" }.joined()

    /// Each thread brings four numbers of either matrix.
    private static let bring =
        """
        multiply_next:
            setp.ge.u32 %p0, %r7, %r0;
            @%p0 bra multiply_end;

        """
        + (0..<4).map { part in
            """
                add.u32 %r8, %r1, \(part * 256);
                and.b32 %r9, %r8, 63;
                shr.u32 %r10, %r8, 6;
                add.u32 %r11, %r9, %r2;
                add.u32 %r12, %r10, %r7;
                mad.wide.u32 %rd3, %r12, %r0, 0;
                cvt.u64.u32 %rd4, %r11;
                add.u64 %rd3, %rd3, %rd4;
                shl.b64 %rd3, %rd3, 2;
                add.u64 %rd3, %rd0, %rd3;
                ld.global.f32 %f16, [%rd3];
                shl.b32 %r13, %r8, 2;
                add.u32 %r13, %r6, %r13;
                st.shared.f32 [%r13], %f16;
                and.b32 %r9, %r8, 15;
                shr.u32 %r10, %r8, 4;
                add.u32 %r11, %r9, %r7;
                add.u32 %r12, %r10, %r3;
                mad.wide.u32 %rd3, %r12, %r0, 0;
                cvt.u64.u32 %rd4, %r11;
                add.u64 %rd3, %rd3, %rd4;
                shl.b64 %rd3, %rd3, 2;
                add.u64 %rd3, %rd1, %rd3;
                ld.global.f32 %f17, [%rd3];
                shl.b32 %r13, %r9, 6;
                add.u32 %r13, %r13, %r10;
                shl.b32 %r13, %r13, 2;
                add.u32 %r13, %r6, %r13;
                st.shared.f32 [%r13+4096], %f17;

            """
        }.joined()
            + """
                bar.sync 0;
                shl.b32 %r14, %r4, 4;
                add.u32 %r14, %r6, %r14;
                shl.b32 %r15, %r5, 4;
                add.u32 %r15, %r6, %r15;

            """

    private static let inner =
        (0..<depth).map { step in
            """
                ld.shared.v4.f32 {%f20, %f21, %f22, %f23}, [%r14+\(step * 256)];
                ld.shared.v4.f32 {%f24, %f25, %f26, %f27}, [%r15+\(4096 + step * 256)];

            """
                + (0..<16).map { place in
                    let (row, column) = (place % 4, place / 4)
                    let own = "%f\(place)"
                    return "    fma.rn.f32 \(own), %f\(20 + row), %f\(24 + column), \(own);\n"
                }.joined()
        }.joined()
            + """
                bar.sync 0;
                add.u32 %r7, %r7, \(depth);
                bra multiply_next;

            """

    private static let end =
        """
        multiply_end:
            shl.b32 %r16, %r4, 2;
            add.u32 %r16, %r16, %r2;
            shl.b32 %r17, %r5, 2;
            add.u32 %r17, %r17, %r3;
            cvt.u64.u32 %rd4, %r16;

        """
        + (0..<4).map { column in
            let first = column * 4
            let numbers = (0..<4).map { "%f\(first + $0)" }.joined(separator: ", ")
            return """
                    add.u32 %r18, %r17, \(column);
                    mad.wide.u32 %rd5, %r18, %r0, 0;
                    add.u64 %rd5, %rd5, %rd4;
                    shl.b64 %rd5, %rd5, 2;
                    add.u64 %rd5, %rd2, %rd5;
                    st.global.v4.f32 [%rd5], {\(numbers)};

                """
        }.joined()
            + """
                ret;
            }

            """
}
