;; calls: [["f4","0x8b12598a","0xad9418e2","0x67648fe4","0x42bfa415030","0x2","0x34f8e464","0x15153cc48f24","0x42ab6326b369"],["f4","0x1","0x2","0x80000000","0x80000000","0x0","0xec3f97c6","0x8000000000000000","0xffffffff"],["f4","0x1","0xf1dfa4ed","0x9ab14eb6","0x72c893105f50","0x3fc00000","0x3fc00000","0x3fc00000","0x57fc0d345e88"]]
;; The same, seen where an edge of a loop leads back (seed 51001799).
(module
 (type $0 (func (result f32 i32)))
 (type $1 (func (param i32) (result f32)))
 (type $2 (func (param i64 f32) (result i64 f64)))
 (type $3 (func (param f64 f64 f64) (result i64)))
 (type $4 (func (param f32 i32 i32 i64 f32 f32 i64 i64) (result f64)))
 (type $5 (func (param f32 f64 i64 i64 i32 i32) (result i64)))
 (type $6 (func (result i64)))
 (global $global$0 (mut i32) (i32.const 20000))
 (global $global$1 (mut i32) (i32.const 0))
 (global $global$2 (mut i64) (i64.const 0))
 (global $global$3 (mut f32) (f32.const 0))
 (global $global$4 (mut f64) (f64.const 0))
 (global $global$5 (mut i32) (i32.const 0))
 (global $global$6 (mut i64) (i64.const 0))
 (global $global$7 (mut f32) (f32.const 0))
 (global $global$8 (mut f64) (f64.const 0))
 (memory $0 1)
 (data $0 (i32.const 16) "\8a\8c<\ce\b1\ed\cb\e4\db\c0\10\93\00\b5\e5\ec\85\c3\86\b87\1c\ea\d5\a8\04\9e4w\edF5\80\e4\03\b4;\ad\89\ee\c0\f4g\ed\af\cb\04x\c1\8cM\b4\9c>%\c8\17\af\a1\df\be\e8\0b\1c/\8c\83gQO\d1a\b5I\0e6\1b\aeB|1l\d1\fa\a1BS\9f\ca\87a\t \a2G,\fb\9f\07\cb\a4~\a6O\dd\e2\e3\e7\f3\f0\19+|\00bg\84\f5X\fc\b4\d1e\d7\ca\c2o\0e\bf\8e`\fd\f5\1aW\1c\86\01\0e \b2#\e5\03\b8\b9\1dX\1a\ab=\11\18\a9\e7sG\b3\\w\d0\80\10n\'`@j\10\a7l\00=0\16\e9\95\9bI`\"\r\1a$&Z\1e\07\0b)\8e\83\f5\e7a~\9d7\01\82")
 (table $0 6 funcref)
 (elem $0 (i32.const 0) $0 $1 $2 $3 $4 $5)
 (export "f4" (func $4))
 (export "seal:state" (func $6))
 (func $0 (param $0 i64) (param $1 f32) (result i64 f64)
  (local $2 i32)
  (local $3 i32)
  (local $4 i32)
  (local $5 f32)
  (local $6 f32)
  (local $7 f64)
  (local $8 i64)
  (local $9 i64)
  (unreachable)
 )
 (func $1 (param $0 i32) (result f32)
  (local $1 f64)
  (local $2 f64)
  (local $3 f64)
  (local $4 f64)
  (local $5 i32)
  (local $6 i64)
  (local $7 i64)
  (local $8 i64)
  (local $9 i64)
  (local $10 i64)
  (local $11 i64)
  (local $12 i64)
  (local $13 f32)
  (f32.const 0)
 )
 (func $2 (param $0 f64) (param $1 f64) (param $2 f64) (result i64)
  (local $3 i32)
  (local $4 f32)
  (local $5 i64)
  (local $6 i64)
  (local $7 i64)
  (local $8 i64)
  (local $9 i64)
  (local $10 i64)
  (local $11 i64)
  (local $12 i64)
  (local $13 i64)
  (local $14 i64)
  (local $15 i64)
  (local $16 i64)
  (local $17 i64)
  (local $18 i64)
  (local $19 i64)
  (local $20 i64)
  (local $21 i64)
  (local $22 f64)
  (local $23 f64)
  (local $24 f64)
  (local $25 f64)
  (local $26 f64)
  (local $27 f64)
  (local $28 f64)
  (local $29 f64)
  (i64.const 0)
 )
 (func $3 (result f32 i32)
  (local $0 f64)
  (local $1 i32)
  (local $2 i64)
  (unreachable)
 )
 (func $4 (param $0 f32) (param $1 i32) (param $2 i32) (param $3 i64) (param $4 f32) (param $5 f32) (param $6 i64) (param $7 i64) (result f64)
  (local $8 i32)
  (local $9 i32)
  (local $10 i32)
  (local $11 i32)
  (local $12 i32)
  (local $13 i32)
  (local $14 i32)
  (local $15 i32)
  (local $16 i32)
  (local $17 i32)
  (local $18 i32)
  (local $19 i32)
  (local $20 i32)
  (local $21 i32)
  (local $22 i32)
  (local $23 i32)
  (local $24 i32)
  (local $25 i32)
  (local $26 i32)
  (local $27 i32)
  (local $28 i32)
  (local $29 i32)
  (local $30 i32)
  (local $31 i32)
  (local $32 i32)
  (local $33 i32)
  (local $34 i32)
  (local $35 i32)
  (local $36 i32)
  (local $37 i32)
  (local $38 i32)
  (local $39 i32)
  (local $40 i32)
  (local $41 i32)
  (local $42 i32)
  (local $43 i32)
  (local $44 i32)
  (local $45 i32)
  (local $46 i32)
  (local $47 i32)
  (local $48 i32)
  (local $49 i32)
  (local $50 i32)
  (local $51 i32)
  (local $52 i32)
  (local $53 i32)
  (local $54 i32)
  (local $55 i32)
  (local $56 i32)
  (local $57 i32)
  (local $58 i32)
  (local $59 i32)
  (local $60 i32)
  (local $61 i32)
  (local $62 i32)
  (local $63 i32)
  (local $64 i32)
  (local $65 i32)
  (local $66 i32)
  (local $67 i32)
  (local $68 i32)
  (local $69 i32)
  (local $70 i32)
  (local $71 i32)
  (local $72 i32)
  (local $73 i32)
  (local $74 i32)
  (local $75 i32)
  (local $76 i32)
  (local $77 i32)
  (local $78 i32)
  (local $79 i32)
  (local $80 i32)
  (local $81 i32)
  (local $82 i32)
  (local $83 i32)
  (local $84 i32)
  (local $85 i32)
  (local $86 i32)
  (local $87 i32)
  (local $88 i32)
  (local $89 i32)
  (local $90 i32)
  (local $91 i32)
  (local $92 i32)
  (local $93 i32)
  (local $94 f64)
  (local $95 f32)
  (local $96 f32)
  (local $97 f32)
  (local $98 f32)
  (local $99 f32)
  (local $100 f32)
  (local $101 f32)
  (local $102 f32)
  (local $103 f32)
  (local $104 f32)
  (local $105 f32)
  (local $106 f32)
  (local $107 f32)
  (local $108 f32)
  (local $109 f32)
  (local $110 f32)
  (local $111 f32)
  (local $112 f32)
  (local $113 f32)
  (local $114 f32)
  (local $115 f32)
  (local $116 f32)
  (local $117 f32)
  (local $118 f32)
  (local $119 f32)
  (local $120 f32)
  (local $121 f32)
  (local $122 f32)
  (local $123 f32)
  (local $124 f32)
  (local $125 f32)
  (local $126 f32)
  (local $127 f32)
  (local $128 f32)
  (local $129 f32)
  (local $130 f32)
  (local $131 f32)
  (local $132 f32)
  (local $133 f32)
  (local $134 f32)
  (local $135 f32)
  (local $136 f32)
  (local $137 f32)
  (local $138 f32)
  (local $139 f32)
  (local $140 f32)
  (local $141 f32)
  (local $142 f32)
  (local $143 f32)
  (local $144 f32)
  (local $145 f32)
  (local $146 f32)
  (local $147 f32)
  (local $148 f32)
  (local $149 f32)
  (local $150 f32)
  (local $151 f32)
  (local $152 f32)
  (local $153 f32)
  (local $154 f32)
  (local $155 f32)
  (local $156 f32)
  (local $157 f32)
  (local $158 f32)
  (local $159 f32)
  (local $160 f32)
  (local $161 f32)
  (local $162 f32)
  (local $163 f32)
  (local $164 f32)
  (local $165 f32)
  (local $166 f32)
  (local $167 f32)
  (local $168 f32)
  (local $169 f32)
  (local $170 f32)
  (local $171 f32)
  (local $172 f32)
  (local $173 f32)
  (local $174 f32)
  (local $175 f32)
  (local $176 f32)
  (local $177 f32)
  (local $178 f32)
  (local $179 f32)
  (local $180 f32)
  (local $181 f32)
  (local $182 f32)
  (local $183 f32)
  (local $184 f32)
  (local $185 f32)
  (local $186 f32)
  (local $187 f32)
  (local $188 f32)
  (local $189 f32)
  (local $190 f32)
  (local $191 f32)
  (local $192 f32)
  (local $193 f32)
  (local $194 f32)
  (local $195 f32)
  (local $196 f32)
  (local $197 f32)
  (local $198 f32)
  (local $199 f32)
  (local $200 f32)
  (local $201 f32)
  (local $202 f32)
  (local $203 f32)
  (local $204 f32)
  (local $205 f32)
  (local $206 f32)
  (local $207 f32)
  (local $208 f32)
  (local $209 f32)
  (local $210 f32)
  (local $211 f32)
  (local $212 f32)
  (local $213 f32)
  (local $214 f32)
  (local $215 f32)
  (local $216 f32)
  (local $217 f32)
  (local $218 f32)
  (local $219 f32)
  (local $220 f32)
  (local $221 f32)
  (local $222 f32)
  (local $223 f32)
  (local $224 f32)
  (local $225 f32)
  (local $226 f32)
  (local $227 f32)
  (local $228 f32)
  (local $229 f32)
  (local $230 f32)
  (local $231 f32)
  (local $232 f32)
  (local $233 f32)
  (local $234 f32)
  (local $235 f32)
  (local $236 f32)
  (local $237 f32)
  (local $238 f32)
  (local $239 f32)
  (local $240 f32)
  (local $241 f32)
  (local $242 f32)
  (local $243 f32)
  (local $244 f32)
  (local $245 f32)
  (local $246 f32)
  (local $247 f32)
  (local $248 f32)
  (local $249 f32)
  (local $250 f32)
  (local $251 f32)
  (local $252 f32)
  (local $253 f32)
  (local $254 f32)
  (local $255 f32)
  (local $256 f32)
  (local $257 f32)
  (local $258 f32)
  (local $259 f32)
  (local $260 f32)
  (local $261 f32)
  (local $262 f32)
  (local $263 f32)
  (local $scratch (tuple f32 i32))
  (local $scratch_265 f32)
  (local $scratch_266 (tuple f32 i32))
  (local $scratch_267 f32)
  (local $scratch_268 (tuple f32 i32))
  (local $scratch_269 f32)
  (local $scratch_270 (tuple f32 i32))
  (local $scratch_271 f32)
  (local $scratch_272 (tuple f32 i32))
  (local $scratch_273 f32)
  (local $scratch_274 (tuple f32 i32))
  (local $scratch_275 f32)
  (local $scratch_276 (tuple f32 i32))
  (local $scratch_277 f32)
  (if
   (i32.eqz
    (global.get $global$0)
   )
   (then
    (unreachable)
   )
  )
  (global.set $global$0
   (i32.sub
    (global.get $global$0)
    (i32.const 1)
   )
  )
  (local.set $6
   (i64.shl
    (i64.shr_s
     (block $block1 (result i64)
      (drop
       (br_if $block1
        (i64.mul
         (i64.div_u
          (local.get $7)
          (i64.or
           (global.get $global$6)
           (i64.const 3)
          )
         )
         (block $block (result i64)
          (drop
           (br_if $block
            (global.get $global$6)
            (local.get $1)
           )
          )
          (i64.const 2)
         )
        )
        (i32.load16_u offset=54 align=1
         (i32.and
          (i32.load16_u offset=40 align=1
           (i32.and
            (local.get $1)
            (i32.const 65022)
           )
          )
          (i32.const 252)
         )
        )
       )
      )
      (i64.shl
       (i64.clz
        (local.get $6)
       )
       (block $block2 (result i64)
        (drop
         (br_if $block2
          (local.get $7)
          (i32.const 1215474307)
         )
        )
        (local.get $3)
       )
      )
     )
     (i64.clz
      (call $2
       (local.get $94)
       (local.get $94)
       (f64.const 5e-324)
      )
     )
    )
    (block $block3 (result i64)
     (drop
      (br_if $block3
       (i64.trunc_sat_f64_u
        (f64.abs
         (f64.min
          (local.get $94)
          (local.get $94)
         )
        )
       )
       (i32.div_u
        (i32.lt_s
         (i32.rem_s
          (local.get $1)
          (i32.or
           (local.get $9)
           (i32.const 3)
          )
         )
         (block (result i32)
          (local.set $251
           (local.tee $250
            (block (result f32)
             (local.set $scratch_265
              (tuple.extract 2 0
               (local.tee $scratch
                (call_indirect $0 (type $0)
                 (i32.const 3)
                )
               )
              )
             )
             (local.set $87
              (tuple.extract 2 1
               (local.get $scratch)
              )
             )
             (local.get $scratch_265)
            )
           )
          )
          (local.set $79
           (local.get $87)
          )
          (local.set $235
           (local.tee $234
            (local.get $251)
           )
          )
          (local.set $70
           (local.get $79)
          )
          (local.set $217
           (local.tee $216
            (local.get $235)
           )
          )
          (local.set $60
           (local.get $70)
          )
          (local.set $197
           (local.tee $196
            (local.get $217)
           )
          )
          (local.set $50
           (local.get $60)
          )
          (local.set $177
           (local.tee $176
            (local.get $197)
           )
          )
          (local.set $40
           (local.get $50)
          )
          (local.set $157
           (local.tee $156
            (local.get $177)
           )
          )
          (local.set $30
           (local.get $40)
          )
          (local.set $137
           (local.tee $136
            (local.get $157)
           )
          )
          (local.set $20
           (local.get $30)
          )
          (local.set $117
           (local.tee $116
            (local.get $137)
           )
          )
          (local.set $10
           (local.get $20)
          )
          (local.set $97
           (local.tee $96
            (local.get $117)
           )
          )
          (local.set $1
           (local.get $10)
          )
          (local.set $4
           (local.get $97)
          )
          (local.get $1)
         )
        )
        (i32.or
         (i32.div_s
          (i32.load offset=9
           (i32.and
            (local.get $2)
            (i32.const 252)
           )
          )
          (i32.or
           (i32.lt_u
            (local.get $9)
            (local.get $1)
           )
           (i32.const 3)
          )
         )
         (i32.const 3)
        )
       )
      )
     )
     (global.get $global$2)
    )
   )
  )
  (memory.copy
   (i32.and
    (i32.div_s
     (if (result i32)
      (local.get $9)
      (then
       (global.get $global$5)
      )
      (else
       (local.get $1)
      )
     )
     (i32.or
      (i32.gt_s
       (local.get $8)
       (local.get $1)
      )
      (i32.const 3)
     )
    )
    (i32.const 65022)
   )
   (i32.and
    (i32.shr_u
     (i32.shl
      (local.get $1)
      (i32.const 0)
     )
     (i32.ge_u
      (local.get $9)
      (global.get $global$1)
     )
    )
    (i32.const 65024)
   )
   (i32.and
    (local.get $8)
    (i32.const 63)
   )
  )
  (if
   (block $block4 (result i32)
    (drop
     (br_if $block4
      (local.get $9)
      (i32.const 1)
     )
    )
    (unreachable)
   )
   (then
    (global.set $global$6
     (i64.trunc_sat_f32_s
      (local.tee $95
       (f32.sub
        (f32.abs
         (f32.nearest
          (local.get $5)
         )
        )
        (select
         (f32.convert_i64_s
          (local.get $3)
         )
         (global.get $global$7)
         (i32.shr_s
          (local.get $2)
          (local.get $2)
         )
        )
       )
      )
     )
    )
   )
   (else
    (local.set $95
     (f32.load offset=4 align=2
      (i32.and
       (f64.ne
        (f64.trunc
         (f64.floor
          (f64.nearest
           (f64.const 9223372036854775808)
          )
         )
        )
        (if (result f64)
         (f32.ge
          (f32.ceil
           (local.get $5)
          )
          (call_indirect $0 (type $1)
           (local.get $2)
           (i32.const 1)
          )
         )
         (then
          (f64.mul
           (select
            (local.get $94)
            (local.get $94)
            (local.get $8)
           )
           (f64.min
            (local.get $94)
            (local.get $94)
           )
          )
         )
         (else
          (f64.min
           (f64.nearest
            (local.get $94)
           )
           (select
            (local.get $94)
            (global.get $global$8)
            (global.get $global$1)
           )
          )
         )
        )
       )
       (i32.const 65023)
      )
     )
    )
    (local.set $253
     (local.tee $252
      (block (result f32)
       (local.set $scratch_267
        (tuple.extract 2 0
         (local.tee $scratch_266
          (call $3)
         )
        )
       )
       (local.set $88
        (tuple.extract 2 1
         (local.get $scratch_266)
        )
       )
       (local.get $scratch_267)
      )
     )
    )
    (local.set $81
     (local.get $88)
    )
    (local.set $239
     (local.tee $238
      (local.get $253)
     )
    )
    (local.set $72
     (local.get $81)
    )
    (local.set $221
     (local.tee $220
      (local.get $239)
     )
    )
    (local.set $62
     (local.get $72)
    )
    (local.set $201
     (local.tee $200
      (local.get $221)
     )
    )
    (local.set $52
     (local.get $62)
    )
    (local.set $181
     (local.tee $180
      (local.get $201)
     )
    )
    (local.set $42
     (local.get $52)
    )
    (local.set $161
     (local.tee $160
      (local.get $181)
     )
    )
    (local.set $32
     (local.get $42)
    )
    (local.set $141
     (local.tee $140
      (local.get $161)
     )
    )
    (local.set $22
     (local.get $32)
    )
    (local.set $121
     (local.tee $120
      (local.get $141)
     )
    )
    (local.set $12
     (local.get $22)
    )
    (local.set $101
     (local.tee $100
      (local.get $121)
     )
    )
    (local.set $9
     (local.get $12)
    )
    (local.set $5
     (local.get $101)
    )
    (local.set $8
     (i32.or
      (if (result i32)
       (local.get $9)
       (then
        (i32.shr_s
         (select
          (global.get $global$1)
          (local.get $1)
          (local.get $1)
         )
         (global.get $global$1)
        )
       )
       (else
        (i32.lt_s
         (f64.ge
          (local.get $94)
          (local.get $94)
         )
         (i64.le_u
          (i64.const 996487360638779280)
          (i64.const 65536)
         )
        )
       )
      )
      (block (result i32)
       (local.set $255
        (local.tee $254
         (block (result f32)
          (local.set $scratch_269
           (tuple.extract 2 0
            (local.tee $scratch_268
             (call $3)
            )
           )
          )
          (local.set $89
           (tuple.extract 2 1
            (local.get $scratch_268)
           )
          )
          (local.get $scratch_269)
         )
        )
       )
       (local.set $82
        (local.get $89)
       )
       (local.set $241
        (local.tee $240
         (local.get $255)
        )
       )
       (local.set $73
        (local.get $82)
       )
       (local.set $223
        (local.tee $222
         (local.get $241)
        )
       )
       (i32.eq
        (i32.lt_u
         (i32.mul
          (local.get $73)
          (block (result i32)
           (local.set $8
            (local.get $15)
           )
           (local.set $5
            (local.get $107)
           )
           (local.get $8)
          )
         )
         (block $block5 (result i32)
          (drop
           (br_if $block5
            (i64.gt_u
             (global.get $global$6)
             (global.get $global$6)
            )
            (select
             (local.get $9)
             (i32.const -641642672)
             (local.get $2)
            )
           )
          )
          (i32.eq
           (i32.const 1)
           (local.get $9)
          )
         )
        )
        (i32.rem_s
         (i64.gt_s
          (i64.trunc_sat_f64_s
           (local.get $94)
          )
          (i64.or
           (local.get $3)
           (i64.const -9223372036854775808)
          )
         )
         (i32.or
          (i32.ge_u
           (i64.ge_s
            (local.get $7)
            (local.get $3)
           )
           (if (result i32)
            (i32.const 295458676)
            (then
             (global.get $global$5)
            )
            (else
             (global.get $global$1)
            )
           )
          )
          (i32.const 3)
         )
        )
       )
      )
     )
    )
   )
  )
  (i64.store32 offset=44 align=1
   (i32.and
    (if (result i32)
     (i32.eq
      (i32.const 443649596)
      (local.get $8)
     )
     (then
      (i32.trunc_sat_f64_s
       (f64.convert_i32_s
        (local.get $2)
       )
      )
     )
     (else
      (i64.ge_u
       (local.get $6)
       (i64.trunc_sat_f32_u
        (f32.trunc
         (local.get $0)
        )
       )
      )
     )
    )
    (i32.const 252)
   )
   (i64.load8_s offset=36
    (i32.and
     (global.get $global$5)
     (i32.const 65023)
    )
   )
  )
  (local.set $8
   (i32.and
    (i32.le_u
     (i32.shr_s
      (i32.mul
       (if (result i32)
        (global.get $global$5)
        (then
         (i32.const -1)
        )
        (else
         (local.get $1)
        )
       )
       (i64.lt_u
        (i64.const -9223372036854775808)
        (i64.const 7)
       )
      )
      (i32.mul
       (i32.shl
        (local.get $1)
        (global.get $global$5)
       )
       (block $block6 (result i32)
        (drop
         (br_if $block6
          (local.get $1)
          (local.get $1)
         )
        )
        (local.get $9)
       )
      )
     )
     (i32.ctz
      (i32.eq
       (block $block7 (result i32)
        (drop
         (br_if $block7
          (i32.const 2)
          (local.get $8)
         )
        )
        (i32.const 0)
       )
       (i32.lt_s
        (i32.const 2007658366)
        (local.get $2)
       )
      )
     )
    )
    (i32.gt_s
     (i32.eq
      (i64.le_u
       (i64.sub
        (local.get $3)
        (local.get $3)
       )
       (i64.or
        (local.get $6)
        (i64.const 63)
       )
      )
      (i32.or
       (i32.eq
        (local.get $1)
        (global.get $global$1)
       )
       (i32.eqz
        (local.get $1)
       )
      )
     )
     (i32.gt_s
      (i32.ge_u
       (if (result i32)
        (local.get $2)
        (then
         (local.get $1)
        )
        (else
         (i32.const 8)
        )
       )
       (block $block8 (result i32)
        (drop
         (br_if $block8
          (local.get $2)
          (global.get $global$5)
         )
        )
        (i32.const -358505588)
       )
      )
      (local.get $2)
     )
    )
   )
  )
  (global.set $global$2
   (i64.div_s
    (i64.shl
     (block $block9 (result i64)
      (drop
       (br_if $block9
        (if (result i64)
         (select
          (i32.const 2028533745)
          (local.get $1)
          (local.get $1)
         )
         (then
          (global.get $global$2)
         )
         (else
          (i64.reinterpret_f64
           (select
            (local.tee $94
             (local.get $94)
            )
            (f64.const 0)
            (f64.eq
             (local.get $94)
             (local.get $94)
            )
           )
          )
         )
        )
        (f64.gt
         (f64.floor
          (local.get $94)
         )
         (f64.floor
          (local.get $94)
         )
        )
       )
      )
      (i64.shl
       (i64.rotr
        (local.get $7)
        (local.get $3)
       )
       (i64.mul
        (i64.const 623252339733408528)
        (local.get $6)
       )
      )
     )
     (i64.sub
      (if (result i64)
       (block $block10 (result i32)
        (drop
         (br_if $block10
          (local.get $9)
          (local.get $2)
         )
        )
        (local.get $8)
       )
       (then
        (i64.mul
         (i64.const 63)
         (global.get $global$2)
        )
       )
       (else
        (if (result i64)
         (local.get $9)
         (then
          (local.get $6)
         )
         (else
          (local.get $7)
         )
        )
       )
      )
      (i64.mul
       (i64.popcnt
        (i64.const 75288993041654595)
       )
       (i64.and
        (local.get $6)
        (local.get $7)
       )
      )
     )
    )
    (i64.or
     (i64.div_s
      (local.get $6)
      (i64.or
       (i64.clz
        (if (result i64)
         (f32.le
          (local.get $4)
          (global.get $global$3)
         )
         (then
          (i64.reinterpret_f64
           (select
            (local.tee $94
             (local.get $94)
            )
            (f64.const 0)
            (f64.eq
             (local.get $94)
             (local.get $94)
            )
           )
          )
         )
         (else
          (i64.mul
           (local.get $6)
           (local.get $3)
          )
         )
        )
       )
       (i64.const 3)
      )
     )
     (i64.const 3)
    )
   )
  )
  (loop $label
   (if
    (i32.eqz
     (global.get $global$0)
    )
    (then
     (unreachable)
    )
   )
   (global.set $global$0
    (i32.sub
     (global.get $global$0)
     (i32.const 1)
    )
   )
   (f32.store offset=52 align=1
    (i32.and
     (i32.le_s
      (f64.ne
       (f64.floor
        (f64.add
         (local.get $94)
         (local.get $94)
        )
       )
       (if (result f64)
        (i32.load16_u offset=41
         (i32.and
          (i32.const 7)
          (i32.const 252)
         )
        )
        (then
         (f64.neg
          (global.get $global$4)
         )
        )
        (else
         (f64.add
          (local.get $94)
          (f64.const -0)
         )
        )
       )
      )
      (i32.div_u
       (i32.clz
        (i32.lt_u
         (local.get $2)
         (i32.const 100)
        )
       )
       (i32.or
        (i32.div_u
         (i64.ge_u
          (local.get $6)
          (local.get $6)
         )
         (i32.or
          (if (result i32)
           (local.get $8)
           (then
            (local.get $1)
           )
           (else
            (i32.const -1)
           )
          )
          (i32.const 3)
         )
        )
        (i32.const 3)
       )
      )
     )
     (i32.const 252)
    )
    (block (result f32)
     (local.set $257
      (local.tee $256
       (block (result f32)
        (local.set $scratch_271
         (tuple.extract 2 0
          (local.tee $scratch_270
           (call $3)
          )
         )
        )
        (local.set $90
         (tuple.extract 2 1
          (local.get $scratch_270)
         )
        )
        (local.get $scratch_271)
       )
      )
     )
     (local.set $83
      (local.get $90)
     )
     (local.set $243
      (local.tee $242
       (local.get $257)
      )
     )
     (local.set $75
      (local.get $83)
     )
     (local.set $227
      (local.tee $226
       (local.get $243)
      )
     )
     (local.set $66
      (local.get $75)
     )
     (local.set $209
      (local.tee $208
       (local.get $227)
      )
     )
     (local.set $56
      (local.get $66)
     )
     (local.set $189
      (local.tee $188
       (local.get $209)
      )
     )
     (local.set $46
      (local.get $56)
     )
     (local.set $169
      (local.tee $168
       (local.get $189)
      )
     )
     (local.set $36
      (local.get $46)
     )
     (local.set $149
      (local.tee $148
       (local.get $169)
      )
     )
     (local.set $26
      (local.get $36)
     )
     (local.set $129
      (local.tee $128
       (local.get $149)
      )
     )
     (local.set $16
      (local.get $26)
     )
     (local.set $109
      (local.tee $108
       (local.get $129)
      )
     )
     (local.set $8
      (local.get $16)
     )
     (local.set $5
      (local.get $109)
     )
     (select
      (local.tee $4
       (f32.convert_i32_s
        (select
         (local.get $8)
         (i32.trunc_sat_f32_s
          (local.get $0)
         )
         (select
          (local.tee $9
           (local.get $1)
          )
          (local.get $2)
          (f64.ge
           (local.get $94)
           (local.get $94)
          )
         )
        )
       )
      )
      (f32.const 0)
      (f32.eq
       (local.get $4)
       (local.get $4)
      )
     )
    )
   )
   (local.set $8
    (i32.and
     (i32.add
      (i32.mul
       (i64.ge_s
        (local.get $3)
        (local.get $6)
       )
       (i32.ge_s
        (local.get $1)
        (i32.const -65535)
       )
      )
      (i32.shl
       (local.get $9)
       (i32.ge_s
        (global.get $global$5)
        (local.get $1)
       )
      )
     )
     (i32.const 7)
    )
   )
   (block $block11
    (br_table $label $block11 $block11 $label $block11 $block11
     (local.get $9)
    )
   )
   (i32.store offset=58 align=1
    (i32.and
     (i32.shl
      (i32.mul
       (i32.load16_u offset=36 align=1
        (i32.and
         (i32.or
          (local.get $1)
          (i32.const 127)
         )
         (i32.const 65021)
        )
       )
       (i32.clz
        (if (result i32)
         (local.get $9)
         (then
          (local.get $2)
         )
         (else
          (local.get $1)
         )
        )
       )
      )
      (i32.rotr
       (i32.trunc_sat_f64_u
        (f64.neg
         (f64.const inf)
        )
       )
       (block (result i32)
        (local.set $259
         (local.tee $258
          (block (result f32)
           (local.set $scratch_273
            (tuple.extract 2 0
             (local.tee $scratch_272
              (call $3)
             )
            )
           )
           (local.set $91
            (tuple.extract 2 1
             (local.get $scratch_272)
            )
           )
           (local.get $scratch_273)
          )
         )
        )
        (local.set $84
         (local.get $91)
        )
        (local.set $245
         (local.tee $244
          (local.get $259)
         )
        )
        (local.set $76
         (local.get $84)
        )
        (local.set $229
         (local.tee $228
          (local.get $245)
         )
        )
        (local.set $67
         (local.get $76)
        )
        (local.set $211
         (local.tee $210
          (local.get $229)
         )
        )
        (local.set $57
         (local.get $67)
        )
        (local.set $191
         (local.tee $190
          (local.get $211)
         )
        )
        (local.set $47
         (local.get $57)
        )
        (local.set $171
         (local.tee $170
          (local.get $191)
         )
        )
        (local.set $37
         (local.get $47)
        )
        (local.set $151
         (local.tee $150
          (local.get $171)
         )
        )
        (local.set $27
         (local.get $37)
        )
        (local.set $131
         (local.tee $130
          (local.get $151)
         )
        )
        (local.set $17
         (local.get $27)
        )
        (local.set $111
         (local.tee $110
          (local.get $131)
         )
        )
        (local.set $1
         (local.get $17)
        )
        (local.set $0
         (local.get $111)
        )
        (local.get $1)
       )
      )
     )
     (i32.const 65021)
    )
    (block $block13 (result i32)
     (drop
      (br_if $block13
       (i64.ge_u
        (i64.trunc_f32_s
         (f32.convert_i32_u
          (global.get $global$5)
         )
        )
        (local.get $7)
       )
       (block (result i32)
        (local.set $261
         (local.tee $260
          (block (result f32)
           (local.set $scratch_275
            (tuple.extract 2 0
             (local.tee $scratch_274
              (call $3)
             )
            )
           )
           (local.set $92
            (tuple.extract 2 1
             (local.get $scratch_274)
            )
           )
           (local.get $scratch_275)
          )
         )
        )
        (local.set $85
         (local.get $92)
        )
        (local.set $247
         (local.tee $246
          (local.get $261)
         )
        )
        (local.set $77
         (local.get $85)
        )
        (local.set $231
         (local.tee $230
          (local.get $247)
         )
        )
        (local.set $68
         (local.get $77)
        )
        (local.set $213
         (local.tee $212
          (local.get $231)
         )
        )
        (local.set $58
         (local.get $68)
        )
        (local.set $193
         (local.tee $192
          (local.get $213)
         )
        )
        (local.set $48
         (local.get $58)
        )
        (local.set $173
         (local.tee $172
          (local.get $193)
         )
        )
        (local.set $38
         (local.get $48)
        )
        (local.set $153
         (local.tee $152
          (local.get $173)
         )
        )
        (local.set $28
         (local.get $38)
        )
        (local.set $133
         (local.tee $132
          (local.get $153)
         )
        )
        (local.set $18
         (local.get $28)
        )
        (local.set $113
         (local.tee $112
          (local.get $133)
         )
        )
        (local.set $9
         (local.get $18)
        )
        (local.set $0
         (local.get $113)
        )
        (if (result i32)
         (local.get $9)
         (then
          (block $block12 (result i32)
           (drop
            (br_if $block12
             (if (result i32)
              (local.get $2)
              (then
               (local.get $8)
              )
              (else
               (local.get $8)
              )
             )
             (block (result i32)
              (local.set $263
               (local.tee $262
                (block (result f32)
                 (local.set $scratch_277
                  (tuple.extract 2 0
                   (local.tee $scratch_276
                    (call_indirect $0 (type $0)
                     (i32.const 3)
                    )
                   )
                  )
                 )
                 (local.set $93
                  (tuple.extract 2 1
                   (local.get $scratch_276)
                  )
                 )
                 (local.get $scratch_277)
                )
               )
              )
              (local.set $86
               (local.get $93)
              )
              (local.set $249
               (local.tee $248
                (local.get $263)
               )
              )
              (local.set $78
               (local.get $86)
              )
              (local.set $233
               (local.tee $232
                (local.get $249)
               )
              )
              (local.set $69
               (local.get $78)
              )
              (local.set $215
               (local.tee $214
                (local.get $233)
               )
              )
              (local.set $59
               (local.get $69)
              )
              (local.set $195
               (local.tee $194
                (local.get $215)
               )
              )
              (local.set $49
               (local.get $59)
              )
              (local.set $175
               (local.tee $174
                (local.get $195)
               )
              )
              (local.set $39
               (local.get $49)
              )
              (local.set $155
               (local.tee $154
                (local.get $175)
               )
              )
              (local.set $29
               (local.get $39)
              )
              (local.set $135
               (local.tee $134
                (local.get $155)
               )
              )
              (local.set $19
               (local.get $29)
              )
              (local.set $115
               (local.tee $114
                (local.get $135)
               )
              )
              (local.set $9
               (local.get $19)
              )
              (local.set $0
               (local.get $115)
              )
              (local.get $9)
             )
            )
           )
           (i32.load offset=55
            (i32.and
             (i32.const 910759499)
             (i32.const 252)
            )
           )
          )
         )
         (else
          (i32.shr_s
           (i32.load8_u offset=53
            (i32.and
             (local.get $2)
             (i32.const 65022)
            )
           )
           (i32.ctz
            (local.get $2)
           )
          )
         )
        )
       )
      )
     )
     (select
      (i32.load16_s offset=31 align=1
       (i32.and
        (i32.load offset=62 align=2
         (i32.and
          (local.get $1)
          (i32.const 252)
         )
        )
        (i32.const 252)
       )
      )
      (i64.ge_u
       (local.get $3)
       (global.get $global$6)
      )
      (i32.load16_s offset=8 align=1
       (i32.and
        (i32.rotl
         (global.get $global$1)
         (local.get $2)
        )
        (i32.const 65022)
       )
      )
     )
    )
   )
   (memory.copy
    (i32.and
     (i64.lt_s
      (select
       (i64.const 7)
       (local.get $7)
       (local.get $1)
      )
      (i64.sub
       (local.get $6)
       (local.get $7)
      )
     )
     (i32.const 252)
    )
    (i32.and
     (i32.sub
      (i32.le_s
       (local.get $8)
       (local.get $9)
      )
      (i32.trunc_sat_f64_u
       (local.get $94)
      )
     )
     (i32.const 65024)
    )
    (i32.and
     (i32.sub
      (local.get $1)
      (i32.const -1515087296)
     )
     (i32.const 63)
    )
   )
   (br_if $label
    (select
     (local.get $1)
     (i32.const 0)
     (i32.and
      (global.get $global$0)
      (i32.const 15)
     )
    )
   )
  )
  (f64.mul
   (f64.abs
    (f64.min
     (local.tee $94
      (f64.trunc
       (local.get $94)
      )
     )
     (f64.ceil
      (f64.trunc
       (f64.const 0)
      )
     )
    )
   )
   (f64.sqrt
    (f64.mul
     (f64.min
      (f64.copysign
       (select
        (local.tee $94
         (local.get $94)
        )
        (f64.const 0)
        (f64.eq
         (local.get $94)
         (local.get $94)
        )
       )
       (select
        (local.tee $94
         (local.get $94)
        )
        (f64.const 0)
        (f64.eq
         (local.get $94)
         (local.get $94)
        )
       )
      )
      (f64.sub
       (local.get $94)
       (local.get $94)
      )
     )
     (f64.trunc
      (f64.sqrt
       (local.get $94)
      )
     )
    )
   )
  )
 )
 (func $5 (param $0 f32) (param $1 f64) (param $2 i64) (param $3 i64) (param $4 i32) (param $5 i32) (result i64)
  (local $6 i32)
  (local $7 i32)
  (local $8 i32)
  (local $9 i32)
  (local $10 i32)
  (local $11 i32)
  (local $12 i32)
  (local $13 i32)
  (local $14 i32)
  (local $15 i32)
  (local $16 i32)
  (local $17 i32)
  (local $18 i32)
  (local $19 i32)
  (local $20 f64)
  (local $21 f64)
  (local $22 f64)
  (local $23 i64)
  (local $24 i64)
  (local $25 i64)
  (local $26 i64)
  (local $27 i64)
  (local $28 f32)
  (local $29 f32)
  (local $30 f32)
  (local $31 f32)
  (local $32 f32)
  (local $33 f32)
  (local $34 f32)
  (local $35 f32)
  (local $36 f32)
  (local $37 f32)
  (local $38 f32)
  (local $39 f32)
  (local $40 f32)
  (local $41 f32)
  (local $42 f32)
  (local $43 f32)
  (local $44 f32)
  (local $45 f32)
  (local $46 f32)
  (local $47 f32)
  (local $48 f32)
  (local $49 f32)
  (local $50 f32)
  (local $51 f32)
  (local $52 f32)
  (local $53 f32)
  (unreachable)
 )
 (func $6 (result i64)
  (local $0 i32)
  (local $1 i64)
  (local.set $1
   (i64.mul
    (i64.rotl
     (i64.xor
      (local.get $1)
      (i64.extend_i32_u
       (global.get $global$0)
      )
     )
     (i64.const 7)
    )
    (i64.const 281490516048305)
   )
  )
  (local.set $1
   (i64.mul
    (i64.rotl
     (i64.xor
      (local.get $1)
      (i64.extend_i32_u
       (global.get $global$1)
      )
     )
     (i64.const 7)
    )
    (i64.const 281490516048305)
   )
  )
  (local.set $1
   (i64.mul
    (i64.rotl
     (i64.xor
      (local.get $1)
      (global.get $global$2)
     )
     (i64.const 7)
    )
    (i64.const 281490516048305)
   )
  )
  (local.set $1
   (i64.mul
    (i64.rotl
     (i64.xor
      (local.get $1)
      (i64.extend_i32_u
       (i32.reinterpret_f32
        (global.get $global$3)
       )
      )
     )
     (i64.const 7)
    )
    (i64.const 281490516048305)
   )
  )
  (local.set $1
   (i64.mul
    (i64.rotl
     (i64.xor
      (local.get $1)
      (i64.reinterpret_f64
       (global.get $global$4)
      )
     )
     (i64.const 7)
    )
    (i64.const 281490516048305)
   )
  )
  (local.set $1
   (i64.mul
    (i64.rotl
     (i64.xor
      (local.get $1)
      (i64.extend_i32_u
       (global.get $global$5)
      )
     )
     (i64.const 7)
    )
    (i64.const 281490516048305)
   )
  )
  (local.set $1
   (i64.mul
    (i64.rotl
     (i64.xor
      (local.get $1)
      (global.get $global$6)
     )
     (i64.const 7)
    )
    (i64.const 281490516048305)
   )
  )
  (local.set $1
   (i64.mul
    (i64.rotl
     (i64.xor
      (local.get $1)
      (i64.extend_i32_u
       (i32.reinterpret_f32
        (global.get $global$7)
       )
      )
     )
     (i64.const 7)
    )
    (i64.const 281490516048305)
   )
  )
  (local.set $1
   (i64.mul
    (i64.rotl
     (i64.xor
      (local.get $1)
      (i64.reinterpret_f64
       (global.get $global$8)
      )
     )
     (i64.const 7)
    )
    (i64.const 281490516048305)
   )
  )
  (loop $label
   (local.set $1
    (i64.mul
     (i64.rotl
      (i64.xor
       (local.get $1)
       (i64.load
        (local.get $0)
       )
      )
      (i64.const 7)
     )
     (i64.const 281490516048305)
    )
   )
   (local.set $0
    (i32.add
     (local.get $0)
     (i32.const 8)
    )
   )
   (br_if $label
    (i32.lt_u
     (local.get $0)
     (i32.mul
      (memory.size)
      (i32.const 65536)
     )
    )
   )
  )
  (local.get $1)
 )
)
