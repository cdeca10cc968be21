;; calls: [["f2","0x8b12598a","0xad9418e2","0x67648fe4","0x42bfa415030","0x2","0x768534f8e464","0x15153cc48f24","0x6326b369","0x1","0x2","0x80000000"],["f2","0x80000000","0x0","0xec3f97c6","0x8000000000000000","0xffffffff","0x1","0xd55ff1dfa4ed","0x9ab14eb6","0x72c893105f50","0x3fc00000","0x3fc00000"],["f2","0x3fc00000","0xd345e88","0x80000000","0x1","0x7","0xffffffff","0x2","0x0","0x3ff8000000000000","0x1","0x529594200ee2"]]
;; A value that changes its register and leaves it in one gap was stored from the register it only comes to there (seed 51001619).
(module
 (type $0 (func (param f32 f32 i64 f32 f64 i32) (result i64 i64 i64 i32 i32)))
 (type $1 (func (param i64 f32 f32 f64) (result i64)))
 (type $2 (func (param i32 i32 i32 f64 f64 i64 f64 i32 i64 i64 f64) (result f64 f64)))
 (type $3 (func (result i64)))
 (type $4 (func (result f64 f64)))
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
 (data $0 (i32.const 16) "\a8d`\a09\tB\e1\b8-&\81Q94\cf\df}\1c\0b\ec\a1\0e\a1Q\f0\"\a4!\ac\99\cdXV\t?\0f\t\\M\da\ba\1b8\9b\13bc\c2\d1\f2\e9Y ul\fbe\ab\f9f\1d\ec\ea\0f\e2\eeeJ\d4-\08f\d1|\d6!\b5\f1\c3U*\9dD\e1\b6\f7\92b\ad\fa\a8\f8\11\dfT\d8&\bcE\f2\f1oq\d5\0c\07\91\n\ff\9b;\f3\06\90\16W\96\90\ae\f4\e17e~\fa\a0\c4%\c0\1dz\fd&\ab2\d0\c6.\f4\9d!\b0\f3\e7\f6\9f\0e\c8\11H\f5\8c\18\e1\bc Tr\f5;5s\02\c7?\c6w\aai\8bp\8b\f0\e0\07\b9\'\9b\b9\f2g\e0>\c6\b8V\e3\a0\f8\13A\05sw\d6M4\c8C")
 (export "f2" (func $2))
 (export "seal:state" (func $3))
 (func $0 (param $0 f32) (param $1 f32) (param $2 i64) (param $3 f32) (param $4 f64) (param $5 i32) (result i64 i64 i64 i32 i32)
  (local $6 f64)
  (local $7 f64)
  (local $8 i32)
  (local $9 f32)
  (unreachable)
 )
 (func $1 (param $0 i64) (param $1 f32) (param $2 f32) (param $3 f64) (result i64)
  (local $4 f64)
  (local $5 f64)
  (local $6 f64)
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
  (local $22 i64)
  (local $23 i64)
  (local $24 i64)
  (local $25 i64)
  (local $26 i64)
  (local $27 i64)
  (local $28 i64)
  (local $29 i64)
  (local $30 i64)
  (local $31 i64)
  (local $32 i64)
  (local $33 i64)
  (local $34 i64)
  (local $35 i64)
  (local $36 i64)
  (local $37 i64)
  (local $38 i64)
  (local $39 i64)
  (local $40 i64)
  (local $41 i64)
  (local $42 i64)
  (local $43 i64)
  (local $44 i64)
  (local $45 i64)
  (local $46 i64)
  (local $47 i64)
  (local $48 i64)
  (local $49 i64)
  (local $50 i64)
  (local $51 i64)
  (local $52 i64)
  (local $53 i64)
  (local $54 i64)
  (local $55 i64)
  (local $56 i64)
  (local $57 i64)
  (local $58 i64)
  (local $59 i64)
  (local $60 i64)
  (local $61 i64)
  (local $62 i64)
  (local $63 i64)
  (local $64 i64)
  (local $65 i64)
  (local $66 i64)
  (local $67 i64)
  (local $68 i64)
  (local $69 i64)
  (local $70 i64)
  (local $71 i64)
  (local $72 i64)
  (local $73 i64)
  (local $74 i64)
  (local $75 i64)
  (local $76 i64)
  (local $77 i64)
  (local $78 i64)
  (local $79 i64)
  (local $80 i64)
  (local $81 i64)
  (local $82 i64)
  (local $83 i64)
  (local $84 i64)
  (local $85 i64)
  (local $86 i64)
  (local $87 i64)
  (local $88 i64)
  (local $89 i64)
  (local $90 i64)
  (local $91 i64)
  (local $92 i64)
  (local $93 i64)
  (local $94 i64)
  (local $95 i64)
  (local $96 i64)
  (local $97 i64)
  (local $98 i32)
  (local $99 i32)
  (local $100 i32)
  (local $101 i32)
  (local $102 i32)
  (local $103 i32)
  (local $104 i32)
  (local $105 i32)
  (local $106 i32)
  (local $107 i32)
  (local $108 i32)
  (local $109 i32)
  (local $110 i32)
  (local $111 i32)
  (local $112 i32)
  (local $113 i32)
  (local $114 i32)
  (local $115 i32)
  (local $116 i32)
  (local $117 i32)
  (local $118 i32)
  (local $119 i32)
  (local $120 i32)
  (local $121 i32)
  (local $122 i32)
  (local $123 i32)
  (local $124 i32)
  (local $125 i32)
  (local $126 i32)
  (local $127 i32)
  (local $128 i32)
  (local $129 i32)
  (local $130 i32)
  (local $131 i32)
  (local $132 i32)
  (local $133 i32)
  (local $134 i32)
  (local $135 i32)
  (local $136 i32)
  (local $137 i32)
  (local $138 i32)
  (local $139 i32)
  (local $140 i32)
  (local $141 i32)
  (local $142 i32)
  (local $143 i32)
  (local $144 f32)
  (i64.const 0)
 )
 (func $2 (param $0 i32) (param $1 i32) (param $2 i32) (param $3 f64) (param $4 f64) (param $5 i64) (param $6 f64) (param $7 i32) (param $8 i64) (param $9 i64) (param $10 f64) (result f64 f64)
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
  (local $22 i64)
  (local $23 i64)
  (local $24 i64)
  (local $25 i64)
  (local $26 i64)
  (local $27 i64)
  (local $28 i64)
  (local $29 i64)
  (local $30 i64)
  (local $31 i64)
  (local $32 i64)
  (local $33 i64)
  (local $34 i64)
  (local $35 i64)
  (local $36 i64)
  (local $37 i64)
  (local $38 i64)
  (local $39 i64)
  (local $40 i64)
  (local $41 i64)
  (local $42 i64)
  (local $43 i64)
  (local $44 i64)
  (local $45 i64)
  (local $46 i64)
  (local $47 i64)
  (local $48 i64)
  (local $49 i64)
  (local $50 i64)
  (local $51 i64)
  (local $52 i64)
  (local $53 i64)
  (local $54 i64)
  (local $55 i64)
  (local $56 i64)
  (local $57 i64)
  (local $58 i64)
  (local $59 i64)
  (local $60 i64)
  (local $61 i64)
  (local $62 i64)
  (local $63 i64)
  (local $64 i64)
  (local $65 i64)
  (local $66 i64)
  (local $67 i64)
  (local $68 i64)
  (local $69 i64)
  (local $70 i64)
  (local $71 i64)
  (local $72 i64)
  (local $73 i64)
  (local $74 i64)
  (local $75 i64)
  (local $76 i64)
  (local $77 i64)
  (local $78 i64)
  (local $79 i64)
  (local $80 i64)
  (local $81 i64)
  (local $82 i64)
  (local $83 i64)
  (local $84 i64)
  (local $85 i64)
  (local $86 i64)
  (local $87 i64)
  (local $88 i64)
  (local $89 i64)
  (local $90 i64)
  (local $91 i64)
  (local $92 i64)
  (local $93 i64)
  (local $94 i64)
  (local $95 i64)
  (local $96 i64)
  (local $97 i64)
  (local $98 i64)
  (local $99 i64)
  (local $100 i64)
  (local $101 i64)
  (local $102 i64)
  (local $103 i64)
  (local $104 i64)
  (local $105 i64)
  (local $106 i64)
  (local $107 i64)
  (local $108 i64)
  (local $109 i64)
  (local $110 i64)
  (local $111 i64)
  (local $112 i64)
  (local $113 i64)
  (local $114 i64)
  (local $115 i64)
  (local $116 i64)
  (local $117 i64)
  (local $118 i64)
  (local $119 i64)
  (local $120 i64)
  (local $121 i64)
  (local $122 i64)
  (local $123 i64)
  (local $124 i64)
  (local $125 i64)
  (local $126 i64)
  (local $127 i64)
  (local $128 i64)
  (local $129 i64)
  (local $130 i64)
  (local $131 i64)
  (local $132 i64)
  (local $133 i64)
  (local $134 i64)
  (local $135 i64)
  (local $136 i64)
  (local $137 i64)
  (local $138 i64)
  (local $139 i64)
  (local $140 i64)
  (local $141 i64)
  (local $142 i64)
  (local $143 i64)
  (local $144 i64)
  (local $145 i64)
  (local $146 i64)
  (local $147 i64)
  (local $148 i64)
  (local $149 i64)
  (local $150 i64)
  (local $151 i64)
  (local $152 i64)
  (local $153 i64)
  (local $154 i64)
  (local $155 i64)
  (local $156 i64)
  (local $157 i64)
  (local $158 i64)
  (local $159 i64)
  (local $160 i64)
  (local $161 i64)
  (local $162 i64)
  (local $163 i64)
  (local $164 i64)
  (local $165 i64)
  (local $166 i64)
  (local $167 i64)
  (local $168 i64)
  (local $169 f32)
  (local $170 i32)
  (local $171 i32)
  (local $172 i32)
  (local $173 i32)
  (local $174 i32)
  (local $175 i32)
  (local $176 i32)
  (local $177 i32)
  (local $178 i32)
  (local $179 i32)
  (local $180 i32)
  (local $181 i32)
  (local $182 i32)
  (local $183 i32)
  (local $184 i32)
  (local $185 i32)
  (local $186 i32)
  (local $187 i32)
  (local $188 i32)
  (local $189 i32)
  (local $190 i32)
  (local $191 i32)
  (local $192 i32)
  (local $193 i32)
  (local $194 i32)
  (local $195 i32)
  (local $196 i32)
  (local $197 i32)
  (local $198 i32)
  (local $199 i32)
  (local $200 i32)
  (local $201 i32)
  (local $202 i32)
  (local $203 i32)
  (local $204 i32)
  (local $205 i32)
  (local $206 i32)
  (local $207 i32)
  (local $208 i32)
  (local $209 i32)
  (local $210 i32)
  (local $211 i32)
  (local $212 i32)
  (local $213 i32)
  (local $214 i32)
  (local $215 i32)
  (local $216 i32)
  (local $217 i32)
  (local $218 i32)
  (local $219 i32)
  (local $220 i32)
  (local $221 i32)
  (local $222 i32)
  (local $223 i32)
  (local $224 i32)
  (local $225 i32)
  (local $226 i32)
  (local $227 i32)
  (local $228 i32)
  (local $229 i32)
  (local $230 i32)
  (local $231 i32)
  (local $232 i32)
  (local $233 i32)
  (local $234 i32)
  (local $235 i32)
  (local $236 i32)
  (local $237 i32)
  (local $238 i32)
  (local $239 i32)
  (local $240 i32)
  (local $241 i32)
  (local $242 i32)
  (local $243 i32)
  (local $244 i32)
  (local $245 i32)
  (local $246 i32)
  (local $247 i32)
  (local $248 i32)
  (local $scratch (tuple i64 i64 i64 i32 i32))
  (local $scratch_250 i32)
  (local $scratch_251 i64)
  (local $scratch_252 i64)
  (local $scratch_253 i64)
  (local $scratch_254 (tuple i64 i64 i64 i32 i32))
  (local $scratch_255 i32)
  (local $scratch_256 i64)
  (local $scratch_257 i64)
  (local $scratch_258 i64)
  (local $scratch_259 (tuple i64 i64 i64 i32 i32))
  (local $scratch_260 i32)
  (local $scratch_261 i64)
  (local $scratch_262 i64)
  (local $scratch_263 i64)
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
  (local.set $0
   (i32.sub
    (f64.gt
     (local.tee $10
      (local.get $3)
     )
     (f64.min
      (f64.neg
       (f64.copysign
        (select
         (local.tee $4
          (local.get $4)
         )
         (f64.const 0)
         (f64.eq
          (local.get $4)
          (local.get $4)
         )
        )
        (select
         (local.tee $4
          (f64.const 2147483648)
         )
         (f64.const 0)
         (f64.eq
          (local.get $4)
          (local.get $4)
         )
        )
       )
      )
      (f64.add
       (f64.nearest
        (local.get $4)
       )
       (f64.convert_i32_s
        (i32.const -2147483648)
       )
      )
     )
    )
    (i32.rotl
     (i32.clz
      (f32.le
       (f32.add
        (local.get $169)
        (f32.const -0)
       )
       (f32.sub
        (local.get $169)
        (local.get $169)
       )
      )
     )
     (i32.clz
      (f64.le
       (f64.ceil
        (global.get $global$4)
       )
       (f64.convert_i32_s
        (local.get $2)
       )
      )
     )
    )
   )
  )
  (local.set $6
   (f64.copysign
    (select
     (local.tee $3
      (f64.const 9223372036854775808)
     )
     (f64.const 0)
     (f64.eq
      (local.get $3)
      (local.get $3)
     )
    )
    (select
     (local.tee $3
      (f64.add
       (local.get $3)
       (f64.neg
        (f64.nearest
         (f64.copysign
          (select
           (local.tee $3
            (local.get $6)
           )
           (f64.const 0)
           (f64.eq
            (local.get $3)
            (local.get $3)
           )
          )
          (select
           (local.tee $3
            (f64.const -0)
           )
           (f64.const 0)
           (f64.eq
            (local.get $3)
            (local.get $3)
           )
          )
         )
        )
       )
      )
     )
     (f64.const 0)
     (f64.eq
      (local.get $3)
      (local.get $3)
     )
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
   (local.set $10
    (if (result f64)
     (local.tee $170
      (select
       (i64.le_s
        (i64.trunc_sat_f64_u
         (local.get $6)
        )
        (i64.rotr
         (local.get $8)
         (local.get $5)
        )
       )
       (if (result i32)
        (local.get $0)
        (then
         (local.get $1)
        )
        (else
         (local.get $7)
        )
       )
       (block (result i32)
        (local.set $156
         (local.tee $151
          (block (result i64)
           (local.set $scratch_253
            (tuple.extract 5 0
             (local.tee $scratch
              (call $0
               (f32.const 1.5)
               (local.get $169)
               (local.get $9)
               (local.get $169)
               (local.get $10)
               (local.get $2)
              )
             )
            )
           )
           (local.set $152
            (block (result i64)
             (local.set $scratch_252
              (tuple.extract 5 1
               (local.get $scratch)
              )
             )
             (local.set $153
              (block (result i64)
               (local.set $scratch_251
                (tuple.extract 5 2
                 (local.get $scratch)
                )
               )
               (local.set $240
                (block (result i32)
                 (local.set $scratch_250
                  (tuple.extract 5 3
                   (local.get $scratch)
                  )
                 )
                 (local.set $241
                  (tuple.extract 5 4
                   (local.get $scratch)
                  )
                 )
                 (local.get $scratch_250)
                )
               )
               (local.get $scratch_251)
              )
             )
             (local.get $scratch_252)
            )
           )
           (local.get $scratch_253)
          )
         )
        )
        (local.set $155
         (local.get $152)
        )
        (local.set $154
         (local.get $153)
        )
        (local.set $242
         (local.get $240)
        )
        (local.set $232
         (local.get $241)
        )
        (local.set $231
         (local.get $242)
        )
        (local.set $135
         (local.get $154)
        )
        (local.set $134
         (local.get $155)
        )
        (local.set $138
         (local.tee $133
          (local.get $156)
         )
        )
        (local.set $137
         (local.get $134)
        )
        (local.set $136
         (local.get $135)
        )
        (local.set $233
         (local.get $231)
        )
        (local.set $220
         (local.get $232)
        )
        (local.set $219
         (local.get $233)
        )
        (local.set $111
         (local.get $136)
        )
        (local.set $110
         (local.get $137)
        )
        (local.set $114
         (local.tee $109
          (local.get $138)
         )
        )
        (local.set $113
         (local.get $110)
        )
        (local.set $112
         (local.get $111)
        )
        (local.set $221
         (local.get $219)
        )
        (local.set $208
         (local.get $220)
        )
        (local.set $207
         (local.get $221)
        )
        (local.set $87
         (local.get $112)
        )
        (local.set $86
         (local.get $113)
        )
        (local.set $90
         (local.tee $85
          (local.get $114)
         )
        )
        (local.set $89
         (local.get $86)
        )
        (local.set $88
         (local.get $87)
        )
        (local.set $209
         (local.get $207)
        )
        (local.set $196
         (local.get $208)
        )
        (local.set $195
         (local.get $209)
        )
        (local.set $63
         (local.get $88)
        )
        (local.set $62
         (local.get $89)
        )
        (local.set $66
         (local.tee $61
          (local.get $90)
         )
        )
        (local.set $65
         (local.get $62)
        )
        (local.set $64
         (local.get $63)
        )
        (local.set $197
         (local.get $195)
        )
        (local.set $184
         (local.get $196)
        )
        (local.set $183
         (local.get $197)
        )
        (local.set $39
         (local.get $64)
        )
        (local.set $38
         (local.get $65)
        )
        (local.set $42
         (local.tee $37
          (local.get $66)
         )
        )
        (local.set $41
         (local.get $38)
        )
        (local.set $40
         (local.get $39)
        )
        (local.set $185
         (local.get $183)
        )
        (local.set $172
         (local.get $184)
        )
        (local.set $171
         (local.get $185)
        )
        (local.set $15
         (local.get $40)
        )
        (local.set $14
         (local.get $41)
        )
        (local.set $18
         (local.tee $13
          (local.get $42)
         )
        )
        (local.set $17
         (local.get $14)
        )
        (local.set $16
         (local.get $15)
        )
        (local.set $173
         (local.get $171)
        )
        (local.set $170
         (local.get $172)
        )
        (local.set $1
         (local.get $173)
        )
        (local.set $8
         (local.get $16)
        )
        (local.set $11
         (local.get $17)
        )
        (local.set $8
         (local.get $18)
        )
        (local.get $170)
       )
      )
     )
     (then
      (f64.abs
       (block $block (result f64)
        (drop
         (br_if $block
          (f64.add
           (select
            (global.get $global$8)
            (local.get $6)
            (local.get $2)
           )
           (f64.div
            (f64.const 2147483648)
            (local.get $10)
           )
          )
          (i32.rem_u
           (select
            (global.get $global$5)
            (i32.const -1)
            (local.get $7)
           )
           (i32.or
            (select
             (local.get $1)
             (local.get $1)
             (local.get $1)
            )
            (i32.const 3)
           )
          )
         )
        )
        (f64.const -0.5)
       )
      )
     )
     (else
      (local.get $3)
     )
    )
   )
   (global.set $global$7
    (select
     (local.tee $169
      (if (result f32)
       (i32.gt_s
        (if (result i32)
         (i32.or
          (i32.or
           (local.get $1)
           (i32.const 3)
          )
          (i32.ge_u
           (local.get $7)
           (global.get $global$5)
          )
         )
         (then
          (i32.and
           (i64.le_s
            (local.get $12)
            (local.get $8)
           )
           (i32.shr_u
            (local.get $170)
            (i32.const -342075341)
           )
          )
         )
         (else
          (local.tee $0
           (i32.ctz
            (global.get $global$1)
           )
          )
         )
        )
        (if (result i32)
         (i32.clz
          (f32.ne
           (local.get $169)
           (local.get $169)
          )
         )
         (then
          (i32.rem_s
           (select
            (local.get $7)
            (i32.const 127)
            (i32.const -65535)
           )
           (i32.or
            (select
             (i32.const 64)
             (i32.const -1022729115)
             (local.get $2)
            )
            (i32.const 3)
           )
          )
         )
         (else
          (i32.ge_s
           (local.tee $7
            (global.get $global$5)
           )
           (i32.load8_u offset=57
            (i32.and
             (local.get $2)
             (i32.const 65024)
            )
           )
          )
         )
        )
       )
       (then
        (f32.copysign
         (select
          (local.tee $169
           (block $block1 (result f32)
            (drop
             (br_if $block1
              (f32.sub
               (if (result f32)
                (i32.const -32)
                (then
                 (local.get $169)
                )
                (else
                 (local.get $169)
                )
               )
               (f32.add
                (local.get $169)
                (f32.const -0.5)
               )
              )
              (i32.le_u
               (i32.shl
                (local.get $0)
                (local.get $2)
               )
               (i32.popcnt
                (local.get $1)
               )
              )
             )
            )
            (f32.trunc
             (f32.min
              (f32.const 2147483648)
              (global.get $global$7)
             )
            )
           )
          )
          (f32.const 0)
          (f32.eq
           (local.get $169)
           (local.get $169)
          )
         )
         (select
          (local.tee $169
           (local.get $169)
          )
          (f32.const 0)
          (f32.eq
           (local.get $169)
           (local.get $169)
          )
         )
        )
       )
       (else
        (f32.mul
         (if (result f32)
          (f32.ge
           (local.get $169)
           (f32.trunc
            (local.get $169)
           )
          )
          (then
           (f32.sub
            (f32.abs
             (f32.const 0)
            )
            (f32.min
             (local.get $169)
             (global.get $global$7)
            )
           )
          )
          (else
           (f32.add
            (global.get $global$3)
            (f32.div
             (f32.const 2147483648)
             (local.get $169)
            )
           )
          )
         )
         (f32.ceil
          (f32.add
           (block $block2 (result f32)
            (drop
             (br_if $block2
              (global.get $global$7)
              (local.get $2)
             )
            )
            (local.get $169)
           )
           (f32.ceil
            (local.get $169)
           )
          )
         )
        )
       )
      )
     )
     (f32.const 0)
     (f32.eq
      (local.get $169)
      (local.get $169)
     )
    )
   )
   (global.set $global$3
    (select
     (local.tee $169
      (local.tee $169
       (f32.trunc
        (f32.copysign
         (select
          (local.tee $169
           (f32.demote_f64
            (f64.add
             (f64.const 2147483648)
             (local.get $10)
            )
           )
          )
          (f32.const 0)
          (f32.eq
           (local.get $169)
           (local.get $169)
          )
         )
         (select
          (local.tee $169
           (f32.abs
            (f32.const -0.5)
           )
          )
          (f32.const 0)
          (f32.eq
           (local.get $169)
           (local.get $169)
          )
         )
        )
       )
      )
     )
     (f32.const 0)
     (f32.eq
      (local.get $169)
      (local.get $169)
     )
    )
   )
   (f32.store offset=36 align=2
    (i32.and
     (select
      (i64.eqz
       (i64.shr_u
        (i64.load16_u offset=9
         (i32.and
          (local.get $2)
          (i32.const 252)
         )
        )
        (i64.rotr
         (i64.const 256)
         (i64.const 2855643590013150654)
        )
       )
      )
      (i32.ge_u
       (block $block3 (result i32)
        (drop
         (br_if $block3
          (i32.const -8193280)
          (local.get $7)
         )
        )
        (local.get $170)
       )
       (i32.load offset=47 align=2
        (i32.and
         (i32.const 291688550)
         (i32.const 65021)
        )
       )
      )
      (i32.ctz
       (i32.le_u
        (i32.load16_u offset=8
         (i32.and
          (i32.const 8)
          (i32.const 252)
         )
        )
        (i32.sub
         (local.get $1)
         (local.get $170)
        )
       )
      )
     )
     (i32.const 252)
    )
    (select
     (local.tee $169
      (f32.abs
       (f32.div
        (f32.neg
         (f32.neg
          (local.get $169)
         )
        )
        (f32.nearest
         (local.get $169)
        )
       )
      )
     )
     (f32.const 0)
     (f32.eq
      (local.get $169)
      (local.get $169)
     )
    )
   )
   (br_if $label
    (select
     (local.tee $7
      (i32.ge_u
       (i32.const 0)
       (f64.gt
        (global.get $global$8)
        (f64.const -0)
       )
      )
     )
     (i32.const 0)
     (i32.and
      (global.get $global$0)
      (i32.const 15)
     )
    )
   )
  )
  (local.set $162
   (local.tee $157
    (block (result i64)
     (local.set $scratch_258
      (tuple.extract 5 0
       (local.tee $scratch_254
        (call $0
         (f32.floor
          (f32.const 2147483648)
         )
         (f32.reinterpret_i32
          (i32.lt_u
           (local.get $7)
           (local.get $2)
          )
         )
         (i64.shr_s
          (if (result i64)
           (local.get $1)
           (then
            (local.get $5)
           )
           (else
            (global.get $global$2)
           )
          )
          (i64.sub
           (local.get $12)
           (local.get $12)
          )
         )
         (f32.floor
          (f32.div
           (f32.const -0.5)
           (local.get $169)
          )
         )
         (local.tee $10
          (f64.convert_i32_s
           (local.get $0)
          )
         )
         (i32.shr_u
          (i32.mul
           (global.get $global$1)
           (local.get $7)
          )
          (i32.const 64)
         )
        )
       )
      )
     )
     (local.set $158
      (block (result i64)
       (local.set $scratch_257
        (tuple.extract 5 1
         (local.get $scratch_254)
        )
       )
       (local.set $159
        (block (result i64)
         (local.set $scratch_256
          (tuple.extract 5 2
           (local.get $scratch_254)
          )
         )
         (local.set $243
          (block (result i32)
           (local.set $scratch_255
            (tuple.extract 5 3
             (local.get $scratch_254)
            )
           )
           (local.set $244
            (tuple.extract 5 4
             (local.get $scratch_254)
            )
           )
           (local.get $scratch_255)
          )
         )
         (local.get $scratch_256)
        )
       )
       (local.get $scratch_257)
      )
     )
     (local.get $scratch_258)
    )
   )
  )
  (local.set $161
   (local.get $158)
  )
  (local.set $160
   (local.get $159)
  )
  (local.set $245
   (local.get $243)
  )
  (local.set $235
   (local.get $244)
  )
  (local.set $234
   (local.get $245)
  )
  (local.set $141
   (local.get $160)
  )
  (local.set $140
   (local.get $161)
  )
  (local.set $144
   (local.tee $139
    (local.get $162)
   )
  )
  (local.set $143
   (local.get $140)
  )
  (local.set $142
   (local.get $141)
  )
  (local.set $236
   (local.get $234)
  )
  (local.set $223
   (local.get $235)
  )
  (local.set $222
   (local.get $236)
  )
  (local.set $117
   (local.get $142)
  )
  (local.set $116
   (local.get $143)
  )
  (local.set $120
   (local.tee $115
    (local.get $144)
   )
  )
  (local.set $119
   (local.get $116)
  )
  (local.set $118
   (local.get $117)
  )
  (local.set $224
   (local.get $222)
  )
  (local.set $211
   (local.get $223)
  )
  (local.set $210
   (local.get $224)
  )
  (local.set $93
   (local.get $118)
  )
  (local.set $92
   (local.get $119)
  )
  (local.set $96
   (local.tee $91
    (local.get $120)
   )
  )
  (local.set $95
   (local.get $92)
  )
  (local.set $94
   (local.get $93)
  )
  (local.set $212
   (local.get $210)
  )
  (local.set $199
   (local.get $211)
  )
  (local.set $198
   (local.get $212)
  )
  (local.set $69
   (local.get $94)
  )
  (local.set $68
   (local.get $95)
  )
  (local.set $72
   (local.tee $67
    (local.get $96)
   )
  )
  (local.set $71
   (local.get $68)
  )
  (local.set $70
   (local.get $69)
  )
  (local.set $200
   (local.get $198)
  )
  (local.set $187
   (local.get $199)
  )
  (local.set $186
   (local.get $200)
  )
  (local.set $45
   (local.get $70)
  )
  (local.set $44
   (local.get $71)
  )
  (local.set $48
   (local.tee $43
    (local.get $72)
   )
  )
  (local.set $47
   (local.get $44)
  )
  (local.set $46
   (local.get $45)
  )
  (local.set $188
   (local.get $186)
  )
  (local.set $175
   (local.get $187)
  )
  (local.set $174
   (local.get $188)
  )
  (local.set $21
   (local.get $46)
  )
  (local.set $20
   (local.get $47)
  )
  (local.set $24
   (local.tee $19
    (local.get $48)
   )
  )
  (local.set $23
   (local.get $20)
  )
  (local.set $22
   (local.get $21)
  )
  (local.set $176
   (local.get $174)
  )
  (local.set $1
   (local.get $175)
  )
  (local.set $7
   (local.get $176)
  )
  (local.set $11
   (local.get $22)
  )
  (local.set $5
   (local.get $23)
  )
  (local.set $12
   (local.get $24)
  )
  (local.set $7
   (local.get $1)
  )
  (if
   (f64.lt
    (select
     (f64.sqrt
      (local.get $4)
     )
     (global.get $global$8)
     (i32.gt_u
      (i32.const 31)
      (local.get $2)
     )
    )
    (f64.nearest
     (local.tee $10
      (global.get $global$4)
     )
    )
   )
   (then
    (local.set $4
     (f64.mul
      (f64.convert_i64_s
       (i64.shl
        (i64.and
         (block $block4 (result i64)
          (drop
           (br_if $block4
            (local.get $5)
            (local.get $7)
           )
          )
          (global.get $global$2)
         )
         (call $1
          (local.get $9)
          (local.get $169)
          (global.get $global$3)
          (local.get $4)
         )
        )
        (i64.sub
         (select
          (local.get $9)
          (local.get $11)
          (global.get $global$5)
         )
         (i64.trunc_sat_f64_u
          (f64.const -0.5)
         )
        )
       )
      )
      (if (result f64)
       (i32.ctz
        (i32.load16_s offset=56
         (i32.and
          (i32.gt_s
           (local.get $2)
           (i32.const 256)
          )
          (i32.const 65021)
         )
        )
       )
       (then
        (f64.sub
         (local.get $10)
         (f64.convert_i32_u
          (i32.le_u
           (local.get $0)
           (i32.const 32)
          )
         )
        )
       )
       (else
        (f64.nearest
         (local.tee $4
          (f64.promote_f32
           (local.get $169)
          )
         )
        )
       )
      )
     )
    )
   )
  )
  (loop
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
   (loop
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
    (i64.store8 offset=17
     (i32.and
      (i32.shr_u
       (i32.ne
        (i32.gt_u
         (i32.eq
          (i32.const 8)
          (global.get $global$1)
         )
         (i32.shr_u
          (local.get $2)
          (local.get $1)
         )
        )
        (local.tee $7
         (i32.trunc_sat_f64_u
          (global.get $global$8)
         )
        )
       )
       (global.get $global$5)
      )
      (i32.const 65022)
     )
     (i64.shr_u
      (i64.clz
       (i64.and
        (i64.and
         (local.get $12)
         (local.get $12)
        )
        (i64.rotl
         (global.get $global$6)
         (local.get $8)
        )
       )
      )
      (i64.mul
       (select
        (i64.rotr
         (local.get $8)
         (local.get $9)
        )
        (i64.const -31)
        (i32.ctz
         (global.get $global$5)
        )
       )
       (i64.sub
        (i64.clz
         (local.get $8)
        )
        (i64.popcnt
         (global.get $global$6)
        )
       )
      )
     )
    )
    (local.set $168
     (local.tee $163
      (block (result i64)
       (local.set $scratch_263
        (tuple.extract 5 0
         (local.tee $scratch_259
          (call $0
           (f32.div
            (local.get $169)
            (local.get $169)
           )
           (f32.abs
            (local.get $169)
           )
           (i64.const 309468671864471424)
           (local.get $169)
           (if (result f64)
            (local.get $170)
            (then
             (local.get $6)
            )
            (else
             (f64.const inf)
            )
           )
           (i32.lt_s
            (local.get $7)
            (local.get $1)
           )
          )
         )
        )
       )
       (local.set $164
        (block (result i64)
         (local.set $scratch_262
          (tuple.extract 5 1
           (local.get $scratch_259)
          )
         )
         (local.set $165
          (block (result i64)
           (local.set $scratch_261
            (tuple.extract 5 2
             (local.get $scratch_259)
            )
           )
           (local.set $246
            (block (result i32)
             (local.set $scratch_260
              (tuple.extract 5 3
               (local.get $scratch_259)
              )
             )
             (local.set $247
              (tuple.extract 5 4
               (local.get $scratch_259)
              )
             )
             (local.get $scratch_260)
            )
           )
           (local.get $scratch_261)
          )
         )
         (local.get $scratch_262)
        )
       )
       (local.get $scratch_263)
      )
     )
    )
    (local.set $167
     (local.get $164)
    )
    (local.set $166
     (local.get $165)
    )
    (local.set $248
     (local.get $246)
    )
    (local.set $238
     (local.get $247)
    )
    (local.set $237
     (local.get $248)
    )
    (local.set $147
     (local.get $166)
    )
    (local.set $146
     (local.get $167)
    )
    (local.set $150
     (local.tee $145
      (local.get $168)
     )
    )
    (local.set $149
     (local.get $146)
    )
    (local.set $148
     (local.get $147)
    )
    (local.set $239
     (local.get $237)
    )
    (local.set $226
     (local.get $238)
    )
    (local.set $225
     (local.get $239)
    )
    (local.set $123
     (local.get $148)
    )
    (local.set $122
     (local.get $149)
    )
    (local.set $126
     (local.tee $121
      (local.get $150)
     )
    )
    (local.set $125
     (local.get $122)
    )
    (local.set $124
     (local.get $123)
    )
    (local.set $227
     (local.get $225)
    )
    (local.set $214
     (local.get $226)
    )
    (local.set $213
     (local.get $227)
    )
    (local.set $99
     (local.get $124)
    )
    (local.set $98
     (local.get $125)
    )
    (local.set $102
     (local.tee $97
      (local.get $126)
     )
    )
    (local.set $101
     (local.get $98)
    )
    (local.set $100
     (local.get $99)
    )
    (local.set $215
     (local.get $213)
    )
    (local.set $202
     (local.get $214)
    )
    (local.set $201
     (local.get $215)
    )
    (local.set $75
     (local.get $100)
    )
    (local.set $74
     (local.get $101)
    )
    (local.set $78
     (local.tee $73
      (local.get $102)
     )
    )
    (local.set $77
     (local.get $74)
    )
    (local.set $76
     (local.get $75)
    )
    (local.set $203
     (local.get $201)
    )
    (local.set $190
     (local.get $202)
    )
    (local.set $189
     (local.get $203)
    )
    (local.set $51
     (local.get $76)
    )
    (local.set $50
     (local.get $77)
    )
    (local.set $54
     (local.tee $49
      (local.get $78)
     )
    )
    (local.set $53
     (local.get $50)
    )
    (local.set $52
     (local.get $51)
    )
    (local.set $191
     (local.get $189)
    )
    (local.set $178
     (local.get $190)
    )
    (local.set $177
     (local.get $191)
    )
    (local.set $27
     (local.get $52)
    )
    (local.set $26
     (local.get $53)
    )
    (local.set $30
     (local.tee $25
      (local.get $54)
     )
    )
    (local.set $29
     (local.get $26)
    )
    (local.set $28
     (local.get $27)
    )
    (local.set $179
     (local.get $177)
    )
    (local.set $1
     (local.get $178)
    )
    (local.set $0
     (local.get $179)
    )
    (local.set $12
     (local.get $28)
    )
    (local.set $12
     (local.get $29)
    )
    (local.set $9
     (local.get $30)
    )
    (i32.store offset=54 align=2
     (i32.and
      (if (result i32)
       (local.get $1)
       (then
        (i32.load offset=18 align=2
         (i32.and
          (i32.shr_s
           (i64.ge_u
            (i64.const -31)
            (local.get $12)
           )
           (local.get $170)
          )
          (i32.const 252)
         )
        )
       )
       (else
        (if (result i32)
         (i64.le_s
          (i64.and
           (global.get $global$2)
           (local.get $8)
          )
          (i64.popcnt
           (local.get $8)
          )
         )
         (then
          (i64.le_s
           (local.get $9)
           (i64.add
            (i64.const -65536)
            (local.get $9)
           )
          )
         )
         (else
          (i32.gt_s
           (i32.or
            (i32.const 2147483647)
            (i32.const 0)
           )
           (i32.load offset=59 align=2
            (i32.and
             (local.get $0)
             (i32.const 65022)
            )
           )
          )
         )
        )
       )
      )
      (i32.const 65021)
     )
     (i64.gt_u
      (local.get $5)
      (i64.ctz
       (i64.div_s
        (i64.shr_s
         (local.get $11)
         (local.get $11)
        )
        (i64.or
         (i64.or
          (local.get $12)
          (i64.const 7)
         )
         (i64.const 3)
        )
       )
      )
     )
    )
    (drop
     (i64.or
      (global.get $global$2)
      (local.get $12)
     )
    )
    (drop
     (i64.rem_s
      (i64.const 32)
      (i64.or
       (local.get $5)
       (i64.const 3)
      )
     )
    )
    (drop
     (if (result i32)
      (local.get $7)
      (then
       (global.get $global$1)
      )
      (else
       (global.get $global$1)
      )
     )
    )
    (unreachable)
   )
   (unreachable)
  )
  (unreachable)
 )
 (func $3 (result i64)
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
