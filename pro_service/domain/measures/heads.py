"""The columns of a file of values: one row a value, heads in English or Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pro_service.domain.measures.values import Gap

NEEDED: Final = ("participant", "measure", "exam_on", "value")
"""Columns a file must have; a measure of the knee needs more of them."""
MEASURE_HEADS: Final[Mapping[str, tuple[str, ...]]] = {
    "participant": (
        *("code", "participant code", "participant id", "subject", "subject id"),
        *("编号", "受试者编号", "参与者编号", "参加者编号", "受试者", "受试者代码"),
    ),
    "measure": ("measurement", "parameter", "指标", "测量指标", "参数", "测量项目"),
    "knee": ("side", "laterality", "膝", "膝关节", "侧别", "侧"),
    "region": ("subregion", "roi", "区域", "亚区", "部位", "感兴趣区"),
    "layer": ("zone", "depth", "层", "分层", "层次"),
    "value": ("result", "reading", "值", "数值", "测量值", "结果"),
    "missing": ("why missing", "reason missing", "缺失原因", "缺测原因", "未测原因"),
    "exam_on": (
        *("exam date", "date of exam", "examination date", "scan date", "measured on", "date"),
        *("检查日期", "扫描日期", "测量日期", "日期"),
    ),
    "visit": ("visit name", "visit id", "访视", "随访", "访视名称"),
    "reader": ("read by", "rater", "阅片者", "阅片人", "读片者", "评估者"),
    "read_number": ("read", "read no", "阅片次数", "读片次数", "第几次阅片"),
    "scanner": ("device", "scanner model", "扫描仪", "设备", "机型"),
    "field_strength": ("tesla", "field", "field strength t", "场强"),
    "study_uid": ("study instance uid", "studyinstanceuid", "检查uid"),
    "reason": ("comment", "remark", "why", "原因", "说明", "备注"),
}
"""What else the columns are called; never a name that could be another's."""
GAP_WORDS: Final[Mapping[str, Gap]] = {
    **dict.fromkeys(("not done", "nd", "not measured", "未做", "未测", "未检查"), "not_done"),
    **dict.fromkeys(("refused", "拒绝", "拒测"), "refused"),
    **dict.fromkeys(("unreadable", "not readable", "无法判读", "不可读"), "unreadable"),
    **dict.fromkeys(("not applicable", "不适用"), "not_applicable"),
}
"""Why there is no value, as people write it, folded."""
